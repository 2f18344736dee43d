# SPDX-License-Identifier: BSD-2-Clause
"""Archives of format newc (cpio(5)) for the PVH door."""


def archive(files):
    """The bytes of an archive of NAME -> bytes, or the path of a file."""
    out = bytearray()
    for i, (name, data) in enumerate([*files.items(), ("TRAILER!!!", b"")]):
        if isinstance(data, str):
            with open(data, "rb") as f:
                data = f.read()
        raw = name.encode() + b"\0"
        fields = (i + 1, 0o100644, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(raw), 0)
        out += b"070701" + b"".join(b"%08X" % f for f in fields) + raw
        out += bytes(-len(out) % 4) + data
        out += bytes(-len(out) % 4)
    return bytes(out)
