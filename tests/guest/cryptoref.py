# SPDX-License-Identifier: BSD-2-Clause
"""The scalar cryptography instructions in Python, written from the specification (1.0) and from the standards' own
definitions: bytes and tables here, where the translator has words and fields."""

M32, M64 = (1 << 32) - 1, (1 << 64) - 1


def sx32(v):
    v &= M32
    return v - (1 << 32) if v >> 31 else v


def rol32(v, n):
    v &= M32
    return (v << n | v >> (32 - n)) & M32 if n % 32 else v


def ror32(v, n):
    return rol32(v, -n % 32)


def ror64(v, n):
    return (v >> n | v << (64 - n)) & M64


# ---- carry-less multiplication, permutations ----

def clproduct(a, b):
    r = 0
    while b:
        low = b & -b
        r ^= a * low
        b ^= low
    return r


def brev8(a):
    return int.from_bytes(bytes(int("{:08b}".format(x)[::-1], 2) for x in a.to_bytes(8, "little")), "little")


def xperm8(a, b):
    table = a.to_bytes(8, "little")
    return int.from_bytes(bytes(table[i] if i < 8 else 0 for i in b.to_bytes(8, "little")), "little")


def xperm4(a, b):
    return int("".join("%x" % (a >> 4 * (b >> 4 * i & 15) & 15) for i in reversed(range(16))), 16)


# ---- AES (FIPS 197) ----

def gmul(a, b):
    r = 0
    for i in range(8):
        r ^= a << i if b >> i & 1 else 0
    for i in range(14, 7, -1):
        r ^= 0x11b << (i - 8) if r >> i & 1 else 0
    return r


def make_sbox():
    box = []
    for x in range(256):
        inv = next((y for y in range(256) if gmul(x, y) == 1), 0)
        box.append(0x63 ^ sum((sum(inv >> (i + k) % 8 & 1 for k in (0, 4, 5, 6, 7)) & 1) << i for i in range(8)))
    return box


SBOX = make_sbox()
INV_SBOX = [SBOX.index(i) for i in range(256)]
MIX = [[2, 3, 1, 1], [1, 2, 3, 1], [1, 1, 2, 3], [3, 1, 1, 2]]
INV_MIX = [[14, 11, 13, 9], [9, 14, 11, 13], [13, 9, 14, 11], [11, 13, 9, 14]]


def columns(data, matrix):
    out = []
    for c in range(0, len(data), 4):
        for row in matrix:
            v = 0
            for k in range(4):
                v ^= gmul(row[k], data[c + k])
            out.append(v)
    return out


def aes_half(lo, hi, box, shift, matrix):
    state = list(lo.to_bytes(8, "little") + hi.to_bytes(8, "little"))
    moved = [box[state[4 * ((c + shift * r) % 4) + r]] for c in range(2) for r in range(4)]
    return int.from_bytes(bytes(columns(moved, matrix) if matrix else moved), "little")


def aes64es(a, b): return aes_half(a, b, SBOX, 1, None)
def aes64esm(a, b): return aes_half(a, b, SBOX, 1, MIX)
def aes64ds(a, b): return aes_half(a, b, INV_SBOX, -1, None)
def aes64dsm(a, b): return aes_half(a, b, INV_SBOX, -1, INV_MIX)
def aes64im(a): return int.from_bytes(bytes(columns(list(a.to_bytes(8, "little")), INV_MIX)), "little")


def aes64ks1i(a, rnum):
    word = a >> 32
    if rnum < 10:
        word = ror32(word, 8)
    word = int.from_bytes(bytes(SBOX[x] for x in word.to_bytes(4, "little")), "little")
    if rnum < 10:
        word ^= [1, 2, 4, 8, 16, 32, 64, 128, 0x1b, 0x36][rnum]
    return word << 32 | word


def aes64ks2(a, b):
    w0 = a >> 32 ^ b & M32
    return (w0 ^ b >> 32) << 32 | w0


# ---- SHA-2 (FIPS 180-4), SM3 (GM/T 0004) ----

def sha256(*n):
    return lambda a: sx32(ror32(a, n[0]) ^ ror32(a, n[1]) ^ (ror32(a, n[2]) if n[3] else (a & M32) >> n[2]))


def sha512(*n):
    return lambda a: ror64(a, n[0]) ^ ror64(a, n[1]) ^ (ror64(a, n[2]) if n[3] else a >> n[2])


HASH = {
    "sha256sum0": sha256(2, 13, 22, 1), "sha256sum1": sha256(6, 11, 25, 1), "sha256sig0": sha256(7, 18, 3, 0),
    "sha256sig1": sha256(17, 19, 10, 0), "sha512sum0": sha512(28, 34, 39, 1), "sha512sum1": sha512(14, 18, 41, 1),
    "sha512sig0": sha512(1, 8, 7, 0), "sha512sig1": sha512(19, 61, 6, 0),
    "sm3p0": lambda a: sx32(a ^ rol32(a, 9) ^ rol32(a, 17)), "sm3p1": lambda a: sx32(a ^ rol32(a, 15) ^ rol32(a, 23))}

# ---- SM4 (GB/T 32907): the S-box as printed there ----

SM4_SBOX = bytes.fromhex(
    "d690e9fecce13db716b614c228fb2c05" "2b679a762abe04c3aa44132649860699" "9c4250f491ef987a33540b43edcfac62"
    "e4b31ca9c908e89580df94fa758f3fa6" "4707a7fcf37317ba83593c19e6854fa8" "686b81b27164da8bf8eb0f4b70569d35"
    "1e240e5e6358d1a225227c3b01217887" "d40046579fd327524c3602e7a0c4c89e" "eabf8ad240c738b5a3f7f2cef96115a1"
    "e0ae5da49b341a55ad933230f58cb1e3" "1df6e22e8266ca60c02923ab0d534e6f" "d5db3745defd8e2f03ff6a726d6c5b51"
    "8d1baf92bbddbc7f11d95c411f105ad8" "0ac13188a5cd7bbd2d74d012b8e5b4b0" "8969974a0c96777e65b9f109c56ec684"
    "18f07dec3adc4d2079ee5f3ed7cb3948")


def sm4(a, b, bs, l):
    x = SM4_SBOX[b >> 8 * bs & 255]
    return sx32(rol32(l(x), 8 * bs) ^ a)


# As the specification has it, for words with their bytes in little-endian order.
def sm4ed(a, b, bs):
    return sm4(a, b, bs, lambda x: x ^ x << 8 ^ x << 2 ^ x << 18 ^ (x & 0x3f) << 26 ^ (x & 0xc0) << 10)


def sm4ks(a, b, bs):
    return sm4(a, b, bs, lambda x: x ^ (x & 7) << 29 ^ (x & 0xfe) << 7 ^ (x & 1) << 23 ^ (x & 0xf8) << 13)
