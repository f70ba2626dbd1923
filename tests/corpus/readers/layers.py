# SPDX-License-Identifier: Apache-2.0
"""The oracle for layers: which markers do other readers see, and under which names?

stdin: layers, each with its length in front (4 bytes, little endian).
stdout: for each layer one line of READER:HEX-PATH:ID words; a path is normalised, see normal().
"""

import io
import itertools
import re
import signal
import sys
import tarfile

import framing
import go_tar

MARKER = re.compile(rb"PORTCULLIS-MARKER-(\d{4})!")


def normal(path):
    return b"/".join(part for part in path.split(b"/") if part not in (b"", b"."))


def too_long(*_):
    raise TimeoutError


def python_files(data):
    # Some versions go round in circles over a negative size (CVE-2025-8194): CPU time is bounded.
    signal.setitimer(signal.ITIMER_VIRTUAL, 0.5)
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:", encoding="utf-8", errors="surrogateescape") as tar:
            for member in itertools.islice(tar, 100):
                if member.isreg():
                    reader = tar.extractfile(member)
                    yield member.name.encode("utf-8", "surrogateescape"), reader.read(1 << 22)
    except Exception:  # tarfile leaks many kinds of them; each is a refusal
        return
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


READERS = {"python": python_files, "go": go_tar.files}


def sightings(layer):
    seen = set()
    for stream in framing.streams(layer):
        if not MARKER.search(stream):
            continue
        for name, files in READERS.items():
            for path, content in files(stream):
                for marker in MARKER.findall(content):
                    seen.add(f"{name}:{normal(path).hex()}:{marker.decode()}")
    return seen


def main():
    signal.signal(signal.SIGVTALRM, too_long)
    source = sys.stdin.buffer
    while prefix := source.read(4):
        layer = source.read(int.from_bytes(prefix, "little"))
        print(*sorted(sightings(layer)))


if __name__ == "__main__":
    main()
