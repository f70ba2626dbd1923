# SPDX-License-Identifier: Apache-2.0
"""What an honest client notices while the front door is under attack: p99 calm and during, on plain HTTP and TLS."""
import contextlib
import os
import resource
import socket
import ssl
import statistics
import subprocess
import tempfile
import threading
import time

from serving import random_layer
from world import push, status_of

MANIFEST = "/v2/library/cached/manifests/1"
HALF_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"


def certificate(directory):
    pair = [str(directory / "server.pem"), str(directory / "server.key")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-out",
                    pair[0], "-keyout", pair[1], "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
                    "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    return pair


class Door:
    """A listener as clients see it."""

    def __init__(self, port, ca=None):
        self.port = port
        self.context = ssl.create_default_context(cafile=ca) if ca else None

    def raw(self, receive_buffer=None):
        plain = socket.socket()
        if receive_buffer:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        plain.settimeout(120)
        plain.connect(("127.0.0.1", self.port))
        return plain

    def connect(self, receive_buffer=None):
        plain = self.raw(receive_buffer)
        return self.context.wrap_socket(plain, server_hostname="127.0.0.1") if self.context else plain


def ask(connection, path=MANIFEST):
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = connection.recv(65536)
        if not piece:
            raise SystemExit("bench: an honest client was cut off")
        answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n", 1)[0]:
        raise SystemExit(f"bench: {head[:80]!r}")
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
    while len(body) < length:
        body += connection.recv(65536)


def p99(door, seconds):
    """Every tenth request on a connection of its own, so that accepting and handshakes count too."""
    times, kept, end = [], door.connect(), time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.monotonic()
        if len(times) % 10 == 9:
            with door.connect() as fresh:
                ask(fresh)
        else:
            ask(kept)
        times.append(time.monotonic() - start)
        time.sleep(0.001)
    kept.close()
    return statistics.quantiles(times, n=100)[98] * 1000, len(times)


@contextlib.contextmanager
def attack(door, blob):
    """1,000 half-open connections, 200 heads and 100 bodies that drip, 200 readers of a blob that take nothing."""
    half_open = [door.raw() for _ in range(1000)]
    for connection in half_open[::2]:
        connection.sendall(HALF_HELLO if door.context else b"GET /v2/ HT")
    dripping = [door.connect() for _ in range(300)]
    for connection in dripping[:200]:
        connection.sendall(b"GET /v2/ HTTP/1.1\r\nX: ")
    for connection in dripping[200:]:
        connection.sendall(b"PUT /v2/a/manifests/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
    slow = [door.connect(receive_buffer=4096) for _ in range(200)]
    for connection in slow:
        connection.sendall(f"GET {blob} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    over = threading.Event()

    def drip():
        while not over.wait(0.5):
            for connection in dripping:
                with contextlib.suppress(OSError):
                    connection.send(b"a")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        for connection in half_open + dripping + slow:
            connection.close()


def run(world, _arguments, seconds=8):
    world.need("docker-registry", "openssl")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    upstream = world.registry()
    layer = world.dir / "layer.tar"
    digest = random_layer(layer, 64)
    push(upstream.port, "library/cached", "1", [(layer, "application/vnd.oci.image.layer.v1.tar", digest)])
    os.unlink(layer)
    plain = world.portcullis(upstream.port)
    assert status_of(plain.port, MANIFEST) == 200
    cert, key = certificate(world.dir)
    with tempfile.NamedTemporaryFile("w", dir=world.dir, suffix=".toml", delete=False) as config:
        config.write(f'[registry]\ntls_cert = "{cert}"\ntls_key = "{key}"\n')
    secure = world.portcullis(upstream.port, name="secure", extra=("--config", config.name))
    for name, door in (("plain HTTP", Door(plain.port)), ("TLS", Door(secure.port, cert))):
        with door.connect() as first:
            ask(first)
        ratios = []
        for _ in range(3):
            calm, calm_count = p99(door, seconds)
            with attack(door, f"/v2/library/cached/blobs/{digest}"):
                hit, hit_count = p99(door, seconds)
            ratios.append(hit / calm)
            print(f"honest client, {name:<10}  p99 calm {calm:6.2f} ms ({calm_count} requests)  "
                  f"under attack {hit:6.2f} ms ({hit_count})  ratio {hit / calm:.2f}x")
        print(f"honest client, {name:<10}  median ratio {statistics.median(ratios):.2f}x (goal: under 2)")
