# SPDX-License-Identifier: Apache-2.0
"""Reads tar the way Go's archive/tar does, and therefore docker, containerd, podman and umoci.

Written from the behaviour of that package, not from the reader under test. Where versions or callers
differ it takes the lenient side: what a file held before an error counts as seen.
"""

BLOCK = 512
HEADER_ONLY = b"123456"
ZERO = bytes(BLOCK)


class Refused(Exception):
    pass


def _string(field):
    return field.split(b"\0", 1)[0]


def _octal(field):
    field = _string(field.strip(b" \0"))
    if not field:
        return 0
    if not all(0x30 <= c <= 0x37 for c in field):
        raise Refused("octal")
    value = int(field, 8)
    if value >= 1 << 64:
        raise Refused("octal")
    return value - (1 << 64) if value >= 1 << 63 else value


def _numeric(field):
    if not field[0] & 0x80:
        return _octal(field)
    invert = 0xFF if field[0] & 0x40 else 0
    value = 0
    for i, c in enumerate(field):
        c ^= invert
        if i == 0:
            c &= 0x7F
        if value >> 56:
            raise Refused("base-256")
        value = value << 8 | c
    if value >> 63:
        raise Refused("base-256")
    return ~value if invert else value


def _format(block):
    stored = _octal(block[148:156])
    around = block[:148] + b" " * 8 + block[156:]
    unsigned = sum(around)
    signed = unsigned - 256 * sum(c > 127 for c in around)
    if stored not in (unsigned, signed):
        raise Refused("checksum")
    magic, version = block[257:263], block[263:265]
    if magic == b"ustar\0":
        return "star" if block[508:512] == b"tar\0" else "ustar"
    if magic == b"ustar " and version == b" \0":
        return "gnu"
    return "v7"


def _decimal(text):
    digits = text[1:] if text[:1] in (b"+", b"-") else text
    if not digits.isdigit() or not -(1 << 63) <= int(text) < 1 << 63:
        raise Refused("decimal")
    return int(text)


def _pax(body):
    records, sparse = {}, []
    while body:
        length, space, _ = body.partition(b" ")
        if not space:
            raise Refused("pax")
        size = _decimal(length)
        if size < 5 or size > len(body) or size - len(length) - 1 <= 0:
            raise Refused("pax")
        record, body = body[len(length) + 1 : size], body[size:]
        key, equals, value = record[:-1].partition(b"=")
        if record[-1:] != b"\n" or not equals or not key:
            raise Refused("pax")
        if b"\0" in (value if key in (b"path", b"linkpath", b"uname", b"gname") else key):
            raise Refused("pax")
        if key in (b"GNU.sparse.offset", b"GNU.sparse.numbytes"):
            sparse.append(value)
        else:
            records[key] = value
    if sparse:
        records[b"GNU.sparse.map"] = b",".join(sparse)
    return records


class _Header:
    def __init__(self, block):
        form = _format(block)
        self.type = block[156:157]
        self.name = _string(block[:100])
        self.size = _numeric(block[124:136])
        for start, end in ((100, 108), (108, 116), (116, 124), (136, 148)):
            _numeric(block[start:end])
        if form == "v7":
            return
        _numeric(block[329:337])
        _numeric(block[337:345])
        prefix = b""
        if form == "ustar":
            prefix = _string(block[345:500])
        elif form == "star":
            prefix = _string(block[345:476])
        else:
            try:
                for start in (345, 357):
                    if block[start]:
                        _numeric(block[start : start + 12])
            except Refused:  # a bug of old Go writers that its reader makes up for
                prefix = _string(block[345:500])
                if any(c > 127 for c in prefix):
                    prefix = b""
        if prefix:
            self.name = prefix + b"/" + self.name

    def apply(self, records):
        for key, value in records.items():
            if not value:
                continue
            if key == b"path":
                self.name = value
            elif key == b"size":
                self.size = _decimal(value)
            elif key in (b"uid", b"gid"):
                _decimal(value)
        major, minor = records.get(b"GNU.sparse.major", b""), records.get(b"GNU.sparse.minor", b"")
        known = (major, minor) in ((b"0", b"0"), (b"0", b"1"), (b"1", b"0"))
        if known or (not major and not minor and records.get(b"GNU.sparse.map")):
            self.name = records.get(b"GNU.sparse.name") or self.name


def files(data):
    """(name, content) of each entry with content, until the end or the first thing Go refuses."""
    at = 0
    pax, long_name = {}, b""
    try:
        while at + BLOCK <= len(data):
            block = data[at : at + BLOCK]
            if block == ZERO:
                if data[at + BLOCK : at + 2 * BLOCK] != ZERO:
                    raise Refused("one zero block")
                return
            header = _Header(block)
            at += BLOCK
            kind = header.type
            if kind in (b"x", b"g", b"L", b"K"):
                if header.size < 0 or header.size > 1 << 20:
                    raise Refused("special file")
                body = data[at : at + header.size]
                if len(body) < header.size:
                    raise Refused("cut")
                at += -(-header.size // BLOCK) * BLOCK
                if kind == b"x":
                    pax = _pax(body)
                elif kind == b"g":
                    _pax(body)
                    pax, long_name = {}, b""  # the next call starts afresh
                elif kind == b"L":
                    long_name = _string(body)
                continue
            header.apply(pax)
            header.name = long_name or header.name
            pax, long_name = {}, b""
            if kind == b"\0" and header.name.endswith(b"/"):
                kind = b"5"
            if kind in HEADER_ONLY and kind != b"":
                continue
            if header.size < 0:
                raise Refused("size")
            yield header.name, data[at : at + header.size]
            at += -(-header.size // BLOCK) * BLOCK
    except Refused:
        return
