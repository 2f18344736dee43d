# SPDX-License-Identifier: BSD-2-Clause
"""IEEE 754 by exact rational arithmetic: the reference of the floating-point tests.

A format is F16, BF16, F32 or F64; a value is its bits. Operations return (bits, flags) with RISC-V's rules: canonical
NaN results, tininess detected after rounding, NX 1, UF 2, OF 4, DZ 8, NV 16. Rounding modes are RNE 0, RTZ 1, RDN 2,
RUP 3, RMM 4."""
from fractions import Fraction
from math import isqrt

NX, UF, OF, DZ, NV = 1, 2, 4, 8, 16
RNE, RTZ, RDN, RUP, RMM = range(5)


class Format:
    def __init__(self, ebits, mbits):
        self.ebits, self.mbits, self.width = ebits, mbits, 1 + ebits + mbits
        self.bias = (1 << (ebits - 1)) - 1
        self.emin, self.emax = 1 - self.bias, self.bias
        self.einf = (1 << ebits) - 1
        self.nan = self.einf << mbits | 1 << (mbits - 1)
        self.signbit = 1 << (self.width - 1)

    def split(self, bits):
        return bits >> (self.width - 1), bits >> self.mbits & self.einf, bits & ((1 << self.mbits) - 1)

    def is_nan(self, bits):
        _, e, m = self.split(bits)
        return e == self.einf and m != 0

    def is_snan(self, bits):
        return self.is_nan(bits) and not bits >> (self.mbits - 1) & 1

    def is_inf(self, bits):
        _, e, m = self.split(bits)
        return e == self.einf and m == 0

    def is_zero(self, bits):
        return bits & (self.signbit - 1) == 0

    def inf(self, sign):
        return sign * self.signbit | self.einf << self.mbits

    def value(self, bits):
        s, e, m = self.split(bits)
        v = Fraction(m if e == 0 else m | 1 << self.mbits) * Fraction(2) ** ((e or 1) - self.bias - self.mbits)
        return -v if s else v

    def round_units(self, x, q, rm, sign):
        """|x| / 2^q rounded to an integer; (integer, inexact)."""
        n, r = divmod(abs(x) / Fraction(2) ** q, 1)
        up = {RNE: r > Fraction(1, 2) or (r == Fraction(1, 2) and n & 1), RTZ: False, RDN: sign and r > 0,
              RUP: not sign and r > 0, RMM: r >= Fraction(1, 2)}[rm]
        return int(n) + int(up), r != 0

    def pack(self, x, rm, zero_sign=0):
        """Rounds the exact value x."""
        if x == 0:
            return zero_sign * self.signbit, 0
        sign = int(x < 0)
        a = abs(x)
        e = a.numerator.bit_length() - a.denominator.bit_length()
        if Fraction(2) ** e > a:
            e -= 1
        n, inexact = self.round_units(x, max(e, self.emin) - self.mbits, rm, sign)
        q = max(e, self.emin) - self.mbits
        if Fraction(n) * Fraction(2) ** q >= Fraction(2) ** (self.emax + 1):
            to_inf = rm in (RNE, RMM) or (rm == RUP and not sign) or (rm == RDN and sign)
            return (self.inf(sign) if to_inf else self.inf(sign) - 1), OF | NX
        flags = NX if inexact else 0
        if inexact and e < self.emin:
            unbounded, _ = self.round_units(x, e - self.mbits, rm, sign)
            if Fraction(unbounded) * Fraction(2) ** (e - self.mbits) < Fraction(2) ** self.emin:
                flags |= UF
        if n >> self.mbits == 0:
            return sign * self.signbit | n, flags
        while n >> (self.mbits + 1):
            n >>= 1
            q += 1
        return sign * self.signbit | (q + self.mbits + self.bias) << self.mbits | n & ((1 << self.mbits) - 1), flags

    # ---- operations

    def nans(self, *ops):
        return (self.nan, NV if any(self.is_snan(o) for o in ops) else 0) if any(self.is_nan(o) for o in ops) else None

    def add(self, a, b, rm):
        r = self.nans(a, b)
        if r:
            return r
        sa, sb = a >> (self.width - 1), b >> (self.width - 1)
        if self.is_inf(a):
            return (self.nan, NV) if self.is_inf(b) and sa != sb else (a, 0)
        if self.is_inf(b):
            return b, 0
        zero_sign = sa if sa == sb else int(rm == RDN)
        x = self.value(a) + self.value(b)
        if x == 0 and not (self.is_zero(a) and self.is_zero(b)):
            zero_sign = int(rm == RDN)
        return self.pack(x, rm, zero_sign)

    def sub(self, a, b, rm):
        return self.add(a, b if self.is_nan(b) else b ^ self.signbit, rm)

    def mul(self, a, b, rm):
        r = self.nans(a, b)
        if r:
            return r
        sign = (a ^ b) >> (self.width - 1)
        if self.is_inf(a) or self.is_inf(b):
            return (self.nan, NV) if self.is_zero(a) or self.is_zero(b) else (self.inf(sign), 0)
        return self.pack(self.value(a) * self.value(b), rm, sign)

    def div(self, a, b, rm):
        r = self.nans(a, b)
        if r:
            return r
        sign = (a ^ b) >> (self.width - 1)
        if self.is_inf(a):
            return (self.nan, NV) if self.is_inf(b) else (self.inf(sign), 0)
        if self.is_inf(b):
            return sign * self.signbit, 0
        if self.is_zero(b):
            return (self.nan, NV) if self.is_zero(a) else (self.inf(sign), DZ)
        return self.pack(self.value(a) / self.value(b), rm, sign)

    def sqrt(self, a, rm):
        r = self.nans(a)
        if r:
            return r
        if self.is_zero(a):
            return a, 0
        if a & self.signbit:
            return self.nan, NV
        if self.is_inf(a):
            return a, 0
        x, shift = self.value(a), 2 * (self.bias + 2 * self.mbits + 8)
        n = x.numerator << shift
        n //= x.denominator
        root = isqrt(n)
        # A root that is not exact is never halfway: one sticky bit below is enough.
        exact = Fraction(root) if root * root == n else Fraction(2 * root + 1, 2)
        return self.pack(exact / Fraction(2) ** (shift // 2), rm)

    def fma(self, a, b, c, rm, negate_product=False, negate_addend=False):
        r = self.nans(a, b, c)
        zero_times_inf = (self.is_inf(a) and self.is_zero(b)) or (self.is_zero(a) and self.is_inf(b))
        if zero_times_inf:
            return self.nan, NV
        if r:
            return r
        sp = (a ^ b) >> (self.width - 1) ^ int(negate_product)
        sc = c >> (self.width - 1) ^ int(negate_addend)
        if self.is_inf(a) or self.is_inf(b):
            return (self.nan, NV) if self.is_inf(c) and sc != sp else (self.inf(sp), 0)
        if self.is_inf(c):
            return self.inf(sc), 0
        product, addend = abs(self.value(a) * self.value(b)), abs(self.value(c))
        x = (-product if sp else product) + (-addend if sc else addend)
        zero_sign = sp if sp == sc and product == 0 and addend == 0 else int(rm == RDN)
        return self.pack(x, rm, zero_sign)

    def compare(self, op, a, b):
        if self.is_nan(a) or self.is_nan(b):
            signal = op in ("flt", "fle") or self.is_snan(a) or self.is_snan(b)
            return 0, NV if signal else 0
        x, y = self.order(a), self.order(b)
        return int({"feq": x == y, "flt": x < y, "fle": x <= y, "fltq": x < y, "fleq": x <= y}[op]), 0

    def order(self, bits):
        mag = bits & (self.signbit - 1)
        return -mag if bits & self.signbit else mag

    def minmax(self, a, b, biggest):
        flags = NV if self.is_snan(a) or self.is_snan(b) else 0
        if self.is_nan(a) and self.is_nan(b):
            return self.nan, flags
        if self.is_nan(a):
            return b, flags
        if self.is_nan(b):
            return a, flags
        key = lambda v: (self.order(v), -(v >> (self.width - 1)))
        return (max if biggest else min)(a, b, key=key), flags

    def minmax_nan(self, a, b, biggest):
        """Any NaN gives NaN (Zfa)."""
        return self.nans(a, b) or self.minmax(a, b, biggest)

    def round_to_integer(self, a, rm, exact=False):
        r = self.nans(a)
        if r or self.is_inf(a):
            return r or (a, 0)
        sign = a >> (self.width - 1)
        n, inexact = self.round_units(self.value(a), 0, rm, sign)
        return self.pack(Fraction(-n if sign else n), RTZ, sign)[0], NX if inexact and exact else 0

    def to_int_mod(self, a):
        """fcvtmod.w.d."""
        flags = self.to_int(a, 32, True, RTZ)[1]
        if self.is_nan(a) or self.is_inf(a):
            return 0, flags
        n = int(self.value(a)) & 0xffffffff
        return n - (1 << 32) if n >> 31 else n, flags

    def classify(self, a):
        s, e, m = self.split(a)
        if self.is_nan(a):
            return 1 << (8 if self.is_snan(a) else 9)
        kind = 3 if e == self.einf else 0 if e == 0 and m == 0 else 1 if e == 0 else 2
        return 1 << (3 - kind if s else 4 + kind)

    def to_int(self, a, bits, signed, rm):
        lo, hi = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
        if self.is_nan(a):
            return hi, NV
        sign = a >> (self.width - 1)
        if self.is_inf(a):
            return (lo if sign else hi), NV
        n, inexact = self.round_units(self.value(a), 0, rm, sign)
        n = -n if sign else n
        if n < lo or n > hi:
            return (lo if n < lo else hi), NV
        return n, NX if inexact else 0

    def from_int(self, n, rm):
        return self.pack(Fraction(n), rm)

    def convert(self, other, a, rm):
        """This format's value in another format."""
        r = self.nans(a)
        if r:
            return other.nan, r[1]
        sign = a >> (self.width - 1)
        if self.is_inf(a):
            return other.inf(sign), 0
        return other.pack(self.value(a), rm, sign)


F16, BF16, F32, F64 = Format(5, 10), Format(8, 7), Format(8, 23), Format(11, 52)
