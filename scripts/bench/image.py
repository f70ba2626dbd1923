# SPDX-License-Identifier: Apache-2.0
"""Content to scan: a file tree, as OCI layouts of gzip layers, and rule sets of a given size."""
import gzip
import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import tarfile

LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
CONFIG = "application/vnd.oci.image.config.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def system_tree(target, megabytes):
    """Programs, libraries and documents of this machine, in a fixed order, a share of the size from each place."""
    tops = ("/etc", "/usr/share/doc", "/usr/lib/python3", "/usr/sbin", "/usr/bin", "/usr/lib/x86_64-linux-gnu")
    for number, top in enumerate(tops):
        left = (megabytes << 20) // len(tops) * (number + 1) - sum(path.stat().st_size for path in files_of(target))
        for directory, subdirectories, names in os.walk(top):
            subdirectories.sort()
            for name in sorted(names):
                path = pathlib.Path(directory, name)
                if path.is_symlink() or not path.is_file() or path.stat().st_size > left:
                    continue
                copy = target / path.relative_to("/")
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
                copy.chmod(0o644)
                left -= path.stat().st_size


def files_of(tree):
    return sorted(path for path in tree.rglob("*") if path.is_file() and not path.is_symlink())


def change(tree, percent, seed=1):
    """Appends a byte to so many percent of the files."""
    files = files_of(tree)
    for path in random.Random(seed).sample(files, len(files) * percent // 100):
        with open(path, "ab") as file:
            file.write(b"\n")


def layout(tree, target, layers=3, mtime=0):
    """An OCI layout with the tree in `layers` gzip layers; `mtime` alone changes every layer's digest."""
    blobs = target / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    files = files_of(tree)

    def keep(content):
        digest = hashlib.sha256(content).hexdigest()
        (blobs / digest).write_bytes(content)
        return {"digest": "sha256:" + digest, "size": len(content)}

    entries, diff_ids = [], []
    for number in range(layers):
        raw = target / "layer.tar"
        with tarfile.open(raw, "w", format=tarfile.GNU_FORMAT) as tar:
            for path in files[number::layers]:
                info = tar.gettarinfo(path, str(path.relative_to(tree)))
                info.mtime = mtime
                with open(path, "rb") as file:
                    tar.addfile(info, file)
        data = raw.read_bytes()
        diff_ids.append("sha256:" + hashlib.sha256(data).hexdigest())
        entries.append({"mediaType": LAYER, **keep(gzip.compress(data, 6, mtime=0))})
        raw.unlink()
    return finish_layout(target, entries, diff_ids, keep)


def finish_layout(target, entries, diff_ids, keep):
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Cmd": ["/bin/sh"]},
                         "rootfs": {"type": "layers", "diff_ids": diff_ids}}).encode()
    manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": {"mediaType": CONFIG, **keep(config)},
                           "layers": entries}).encode()
    index = {"schemaVersion": 2, "manifests": [{"mediaType": MANIFEST, **keep(manifest), "annotations": {
        "org.opencontainers.image.ref.name": "bench"}, "platform": {"os": "linux", "architecture": "amd64"}}]}
    (target / "index.json").write_text(json.dumps(index))
    (target / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    return [target / "blobs" / "sha256" / entry["digest"].removeprefix("sha256:") for entry in entries]


class Hashing:
    """Hashes what is written through it."""

    def __init__(self, file):
        self.file = file
        self.hash = hashlib.sha256()

    def write(self, data):
        self.hash.update(data)
        return self.file.write(data)


class Pattern:
    """Bytes that compress to about a quarter: a layer that is nearly all zeros would rightly run out of time."""

    def __init__(self):
        self.random = random.Random(3).randbytes(1 << 20)  # farther apart than a deflate window
        self.at = 0

    def read(self, count):
        self.at += 1
        if self.at % 4 != 0:
            return (bytes(range(256)) * (count // 256 + 1))[:count]
        start = self.at // 4 * count % (len(self.random) - count)
        return self.random[start:start + count]


def large_layout(target, gigabytes):
    """An OCI layout with one layer of so many GB, of which one file has 40 %; returns that file's GB."""
    blobs = target / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    largest = max(1, gigabytes * 2 // 5)
    blob = target / "layer"
    with open(blob, "wb") as out, subprocess.Popen(["igzip", "-1", "-c"], stdin=subprocess.PIPE, stdout=out) as gzip_process:
        stream = Hashing(gzip_process.stdin)
        with tarfile.open(fileobj=stream, mode="w|", format=tarfile.GNU_FORMAT) as tar:
            for number, size in enumerate([largest] + [1] * (gigabytes - largest)):
                info = tarfile.TarInfo(f"opt/data/{number}.bin")
                info.size = size << 30
                tar.addfile(info, Pattern())
        gzip_process.stdin.close()
    with open(blob, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    entry = {"mediaType": LAYER, "digest": "sha256:" + digest, "size": blob.stat().st_size}
    blob.rename(blobs / digest)

    def keep(content):
        name = hashlib.sha256(content).hexdigest()
        (blobs / name).write_bytes(content)
        return {"digest": "sha256:" + name, "size": len(content)}

    finish_layout(target, [entry], ["sha256:" + stream.hash.hexdigest()], keep)
    return largest


def rules(target, count, seed=7):
    """Rules in the usual mixture: text, hex with wildcards, a regular expression, a header test."""
    chance = random.Random(seed)
    word = lambda low, high: "".join(chance.choices("abcdefghijklmnopqrstuvwxyz0123456789_", k=chance.randint(low, high)))
    target.mkdir()
    for start in range(0, count, 50):
        text = []
        for number in range(start, min(start + 50, count)):
            hexes = " ".join(f"{chance.randrange(256):02X}" for _ in range(6))
            text.append(f"""rule bench_{number} {{
  strings:
    $a = "{word(8, 20)}"
    $b = "{word(8, 20)}" wide ascii
    $c = {{ {hexes} ?? {chance.randrange(256):02X} [2-4] {chance.randrange(256):02X} }}
    $d = /{word(6, 10)}[0-9]{{2,5}}{word(3, 6)}/
  condition:
    filesize < 50MB and 2 of them{" and uint32(0) == 0x464c457f" if number % 3 == 0 else ""}
}}""")
        (target / f"bench_{start}.yar").write_text("\n".join(text))
    return target
