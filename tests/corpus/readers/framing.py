# SPDX-License-Identifier: Apache-2.0
"""Takes compression off a layer, as leniently as any runtime: what came out before an error counts."""

import bz2
import ctypes
import ctypes.util
import lzma
import zlib


def _gunzip_member(data):
    """(content, rest) of one member; rest is empty when it was cut or broken."""
    if len(data) < 10 or data[:3] != b"\x1f\x8b\x08":
        return b"", b""
    flags, at = data[3], 10  # reserved bits are ignored, as Go does
    if flags & 4:
        at += 2 + int.from_bytes(data[at : at + 2], "little")
    for bit in (8, 16):
        if flags & bit:
            end = data.find(b"\0", at)
            if end < 0:
                return b"", b""
            at = end + 1
    if flags & 2:
        at += 2
    inflater = zlib.decompressobj(-15)
    content = []
    rest = data[at:]
    try:
        # In pieces, because an error throws away what one call had already produced.
        for start in range(0, len(rest), 512):
            content.append(inflater.decompress(rest[start : start + 512]))
            if inflater.eof:
                return b"".join(content), (inflater.unused_data + rest[start + 512 :])[8:]
    except zlib.error:
        pass
    return b"".join(content), b""


def gunzip(data):
    content = []
    while data:
        piece, data = _gunzip_member(data)
        content.append(piece)
    return b"".join(content)


class _Buffer(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t), ("pos", ctypes.c_size_t)]


def _load_zstd():
    name = ctypes.util.find_library("zstd") or "libzstd.so.1"
    library = ctypes.CDLL(name)
    library.ZSTD_createDStream.restype = ctypes.c_void_p
    library.ZSTD_freeDStream.argtypes = [ctypes.c_void_p]
    library.ZSTD_decompressStream.argtypes = [
        ctypes.c_void_p, ctypes.POINTER(_Buffer), ctypes.POINTER(_Buffer)]
    library.ZSTD_decompressStream.restype = ctypes.c_size_t
    library.ZSTD_isError.argtypes = [ctypes.c_size_t]
    return library


_ZSTD = _load_zstd()


def unzstd(data, limit=64 << 20):
    source = ctypes.create_string_buffer(data, len(data))
    room = ctypes.create_string_buffer(1 << 17)
    taken = _Buffer(ctypes.cast(source, ctypes.c_void_p), len(data), 0)
    stream = _ZSTD.ZSTD_createDStream()
    content = bytearray()
    try:
        while len(content) < limit:
            made = _Buffer(ctypes.cast(room, ctypes.c_void_p), len(room), 0)
            before = taken.pos
            code = _ZSTD.ZSTD_decompressStream(stream, ctypes.byref(made), ctypes.byref(taken))
            content += room.raw[: made.pos]
            if _ZSTD.ZSTD_isError(code) or (made.pos == 0 and taken.pos == before):
                break
    finally:
        _ZSTD.ZSTD_freeDStream(stream)
    return bytes(content)


def _quietly(function, data):
    try:
        return function(data)
    except Exception:  # another way to refuse
        return b""


def streams(blob, depth=2):
    """Every tar stream that some program could take this blob for."""
    yield blob
    if depth == 0:
        return
    head = blob[:6]
    if head.startswith(b"\x1f\x8b"):
        inner = gunzip(blob)
    elif head.startswith(b"\x28\xb5\x2f\xfd") or (head[:1] in b"PQRSTUVWXYZ[\\]^_" and head[1:4] == b"\x2a\x4d\x18"):
        inner = unzstd(blob)
    elif head.startswith(b"BZh"):
        inner = _quietly(bz2.decompress, blob)
    elif head.startswith(b"\xfd7zXZ\0"):
        inner = _quietly(lzma.decompress, blob)
    else:
        return
    if inner:
        yield from streams(inner, depth - 1)
