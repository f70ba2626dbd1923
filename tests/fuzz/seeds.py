#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""seeds.py DIRECTORY: first inputs for the fuzz targets that read other people's formats."""

import bz2
import gzip
import io
import json
import lzma
import pathlib
import sys
import tarfile
import zipfile

ROOT = pathlib.Path(sys.argv[1])


def write(target, name, content):
    (ROOT / target).mkdir(parents=True, exist_ok=True)
    (ROOT / target / name).write_bytes(content)


def tar(form):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name in ("a", "d/" + "n" * 120):
            member = tarfile.TarInfo(name)
            member.size = 7
            archive.addfile(member, io.BytesIO(b"content"))
    return out.getvalue()


def zipped(method):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("META-INF/x.sh", "content" * 20)
        archive.writestr("empty", "")
    return out.getvalue()


def cpio():
    def entry(name, content):
        name += b"\0"
        fields = [1, 0o100644, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0]
        head = b"070701" + b"".join(b"%08x" % field for field in fields) + name
        return head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4)

    return entry(b"file", b"content") + entry(b"TRAILER!!!", b"")


def ar():
    return b"!<arch>\n" + b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (b"debian-binary/", 0, 0, 0, b"100644", 4) + b"2.0\n"


def archives():
    plain = tar(tarfile.PAX_FORMAT)
    for name, content in {
        "pax": plain, "gnu": tar(tarfile.GNU_FORMAT), "gzip": gzip.compress(plain), "xz": lzma.compress(plain),
        "bz2": bz2.compress(plain), "gzip-file": gzip.compress(b"content"), "zip": zipped(zipfile.ZIP_DEFLATED),
        "stored": zipped(zipfile.ZIP_STORED), "cpio": cpio(), "cpio-gzip": gzip.compress(cpio()), "ar": ar(),
    }.items():
        write("nested", name, content)
    write("layer", "pax", b"\1" + plain)
    write("layer", "gzip", b"\2" + gzip.compress(plain))
    write("decoder", "gzip", b"\1" + gzip.compress(plain * 20))


def documents():
    digest = "sha256:" + "ab" * 32
    layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": digest, "size": 9, "urls": [],
             "annotations": {"a": "b"}, "platform": {"os": "linux", "architecture": "amd64"}}
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": layer,
                "layers": [layer], "annotations": {"Layers": "x"}, "subject": layer}
    index = {"schemaVersion": 2, "manifests": [layer, layer]}
    config = {"os": "linux", "architecture": "amd64", "created": "2020-01-01T00:00:00Z",
              "config": {"Cmd": ["a"], "Env": ["A=b"], "Labels": {"a": "b"}, "ExposedPorts": {"80/tcp": {}}},
              "rootfs": {"type": "layers", "diff_ids": [digest]}, "history": [{"created_by": "x"}]}
    for name, document in {"manifest": manifest, "index": index, "config": config}.items():
        write("json", name, json.dumps(document).encode())


def heads():
    write("head", "get", b"GET /v2/library/x/manifests/latest HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n")
    write("head", "post", b"POST /v2/ HTTP/1.1\r\nHost: a:5000\r\nContent-Length: 3\r\nConnection: close\r\n\r\n")
    write("head", "old", b"HEAD / HTTP/1.0\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n")


archives()
documents()
heads()
write("text", "escapes", b"\xc8a\\b\x1b[31m\xff" * 40)
