# SPDX-License-Identifier: Apache-2.0
"""Cached pulls side by side with docker-registry, and memory while a large layer goes through."""
import concurrent.futures
import hashlib
import os
import socket
import statistics
import subprocess
import tarfile
import time

from world import push, status_of


def random_layer(path, megabytes):
    """A plain tar with files of random bytes: nothing to compress, so bytes on the wire are bytes."""
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for number in range(max(1, megabytes // 16)):
            size = min(16, megabytes) << 20
            info = tarfile.TarInfo(f"opt/data/{number}.bin")
            info.size = size

            class Random:
                def read(self, count):
                    return os.urandom(count)

            tar.addfile(info, Random())
    with open(path, "rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


def download(port, path, size):
    """Takes the blob off the socket without copying it (MSG_TRUNC), so that the client costs little."""
    with socket.create_connection(("127.0.0.1", port), timeout=600) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(4096)
        if b" 200 " not in head.split(b"\r\n", 1)[0]:
            raise SystemExit(f"bench: {head[:80]!r}")
        left = size - len(head.split(b"\r\n\r\n", 1)[1])
        scratch = bytearray(1 << 20)
        while left > 0:
            got = connection.recv_into(scratch, 0, socket.MSG_TRUNC)
            if got == 0:
                raise SystemExit("bench: a download was cut short")
            left -= got


def megabytes_per_second(port, path, size, clients):
    """`clients` downloads at once, each the whole blob."""
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        list(pool.map(lambda _: download(port, path, size), range(clients)))
    return size * clients / (time.monotonic() - start) / 1e6


def requests_per_second(port, path, seconds=3, connections=16):
    out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s",
                          "-H", "Accept: application/vnd.oci.image.manifest.v1+json", f"http://127.0.0.1:{port}{path}"],
                         capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out:
        raise SystemExit("bench: wrk saw errors:\n" + out)
    return float(next(line.split()[1] for line in out.splitlines() if line.startswith("Requests/sec")))


def side_by_side(name, unit, ours, theirs, runs=5):
    """A B A B ..., medians, and the ratio pair by pair."""
    pairs = [(ours(), theirs()) for _ in range(runs)]
    a, b = (statistics.median(column) for column in zip(*pairs))
    ratio = statistics.median(x / y for x, y in pairs)
    print(f"{name:<44} portcullis {a:>9.0f} {unit:<7} docker-registry {b:>9.0f} {unit:<7} ratio {ratio:.2f}x")


def run(world, _arguments, megabytes=1024):
    world.need("docker-registry", "wrk")
    upstream = world.registry()
    proxy = world.portcullis(upstream.port)

    blob = world.dir / "layer.tar"
    digest = random_layer(blob, 256)
    size = os.path.getsize(blob)
    push(upstream.port, "library/cached", "1", [(blob, "application/vnd.oci.image.layer.v1.tar", digest)])
    assert status_of(proxy.port, "/v2/library/cached/manifests/1") == 200
    blob.unlink()
    blob_path, manifest_path = f"/v2/library/cached/blobs/{digest}", "/v2/library/cached/manifests/1"
    for clients in (1, 8):
        side_by_side(f"cached blob of 256 MB, {clients} client(s)", "MB/s",
                     lambda: megabytes_per_second(proxy.port, blob_path, size, clients),
                     lambda: megabytes_per_second(upstream.port, blob_path, size, clients))
    side_by_side("cached manifest by tag, 16 connections", "req/s",
                 lambda: requests_per_second(proxy.port, manifest_path),
                 lambda: requests_per_second(upstream.port, manifest_path), runs=3)

    digest = random_layer(blob, megabytes)
    push(upstream.port, "library/large", "1", [(blob, "application/vnd.oci.image.layer.v1.tar", digest)])
    blob.unlink()
    fresh = world.portcullis(upstream.port, name="large")
    assert status_of(fresh.port, "/v2/library/large/manifests/1") == 200
    megabytes_per_second(fresh.port, f"/v2/library/large/blobs/{digest}", megabytes << 20, 4)
    print(f"server peak RSS, cold {megabytes} MB layer, 4 clients    {fresh.peak_rss_mb():.0f} MB (goal: under 150)")
