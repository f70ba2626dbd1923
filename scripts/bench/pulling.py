# SPDX-License-Identifier: Apache-2.0
"""Cold pulls over a slow line, side by side with docker-registry's pull-through mode, and many cached pulls at once."""
import collections
import concurrent.futures
import hashlib
import http.client
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

import image
from scanning import run_timed
from serving import random_layer
from world import Server, free_port, push, status_of, wait_until

MEGABIT = 200
REPOSITORY = "library/cold"


def throttled(world, port):
    listen = free_port()
    script = pathlib.Path(__file__).with_name("throttle.py")
    server = Server([sys.executable, script, str(listen), str(port), str(MEGABIT)], world.dir / "throttle.log")
    world.servers.append(server)
    wait_until(lambda: status_of(listen, "/v2/") == 200, 10, "the throttling proxy")
    return listen


def skopeo_pull(world, port):
    target = world.dir / "pulled"
    shutil.rmtree(target, ignore_errors=True)
    return run_timed(["skopeo", "--insecure-policy", "copy", "--src-tls-verify=false",
                      f"docker://127.0.0.1:{port}/{REPOSITORY}:bench", f"dir:{target}"]).wall


def dockerd_pull(world, port):
    """From `docker pull` to an image that can be run, by a daemon that has nothing yet."""
    home = world.dir / "dockerd"
    socket = f"unix://{home}/s"
    home.mkdir()
    (home / "daemon.json").write_text("{}")
    server = Server(["dockerd", "--config-file", home / "daemon.json", "--data-root", home / "d", "--exec-root", home / "x",
                     "--pidfile", home / "p", "--host", socket, "--iptables=false", "--ip6tables=false",
                     "--bridge=none", "--registry-mirror", f"http://127.0.0.1:{port}"], world.dir / "dockerd.log")
    try:
        docker = ["docker", "--host", socket]
        wait_until(lambda: subprocess.run([*docker, "version"], capture_output=True).returncode == 0, 60, "dockerd")
        return run_timed([*docker, "pull", "-q", f"{REPOSITORY}:bench"]).wall
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)


class ColdPulls:
    """Each measurement has servers of its own, with nothing in their stores."""

    def __init__(self, world, line, rules):
        self.world, self.line, self.rules = world, line, rules
        self.count = 0

    def portcullis(self, pull):
        self.count += 1
        name = f"cold-{self.count}"
        server = self.world.portcullis(self.line, name=name, extra=["--no-builtin-rules", "--rules", str(self.rules)])
        return self._timed(server, pull, name)

    def registry(self, pull):
        self.count += 1
        name = f"cold-{self.count}"
        server = self.world.registry(name=name, proxy_of=f"http://127.0.0.1:{self.line}")
        return self._timed(server, pull, name)

    def _timed(self, server, pull, name):
        took = pull(self.world, server.port)
        server.stop()
        shutil.rmtree(self.world.dir / name, ignore_errors=True)
        return took


def cold(world, megabytes, runs=5):
    upstream = world.registry()
    tree = world.dir / "tree"
    image.system_tree(tree, megabytes)
    layout = world.dir / "image"
    layers = image.layout(tree, layout, layers=4)
    image.rules(world.dir / "rules", 1000)
    packed = sum(os.path.getsize(layer) for layer in layers)
    subprocess.run(["skopeo", "--insecure-policy", "copy", "-q", "--dest-tls-verify=false", f"oci:{layout}:bench",
                    f"docker://127.0.0.1:{upstream.port}/{REPOSITORY}:bench"], check=True)
    shutil.rmtree(tree)
    print(f"image: {len(layers)} layers, {packed / 1e6:.0f} MB packed; upstream at {MEGABIT} Mbit/s, so "
          f"{packed * 8 / 1e6 / MEGABIT:.1f} s at least; 1,000 rules")
    pulls = ColdPulls(world, throttled(world, upstream.port), world.dir / "rules")
    ways = [("skopeo to dir:", skopeo_pull, " (goal: 1.15x)", runs)]
    if os.geteuid() == 0:
        ways.append(("dockerd, to a usable image", dockerd_pull, "", 3))
    else:
        print("dockerd: not measured, it needs root")
    for name, pull, goal, times in ways:
        pairs = [(pulls.portcullis(pull), pulls.registry(pull)) for _ in range(times)]
        ours, theirs = (statistics.median(column) for column in zip(*pairs))
        ratio = statistics.median(a / b for a, b in pairs)
        print(f"cold pull, {name:<28} portcullis {ours:5.2f} s   docker-registry proxy {theirs:5.2f} s   "
              f"{ratio:.2f}x{goal}")


def whole_pull(port, repository):
    """Manifest, config and layers, each checked; what went wrong, or None."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def get(path):
        connection.request("GET", f"/v2/{repository}/{path}",
                           headers={"Accept": "application/vnd.oci.image.manifest.v1+json"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise ValueError(f"{path[:20]}: {answer.status} {answer.reason}")
        return body

    try:
        manifest = json.loads(get("manifests/1"))
        for blob in [manifest["config"], *manifest["layers"]]:
            if "sha256:" + hashlib.sha256(get(f"blobs/{blob['digest']}")).hexdigest() != blob["digest"]:
                raise ValueError("wrong bytes")
        return None
    except (OSError, ValueError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        connection.close()


def many(world, clients=256, layers=4):
    upstream = world.registry(name="many-upstream")
    entries = []
    for number in range(layers):
        path = world.dir / f"layer-{number}.tar"
        entries.append((path, "application/vnd.oci.image.layer.v1.tar", random_layer(path, 1)))
    push(upstream.port, "library/many", "1", entries)
    proxy = world.portcullis(upstream.port, name="many")
    if error := whole_pull(proxy.port, "library/many"):
        raise SystemExit(f"bench: the first pull: {error}")
    upstream.stop()
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        errors = [error for error in pool.map(lambda _: whole_pull(proxy.port, "library/many"), range(clients)) if error]
    took = time.monotonic() - start
    print(f"{clients} cached pulls at once, {layers} layers of 1 MB: {len(errors)} errors (goal: 0), {took:.1f} s")
    for error, count in collections.Counter(errors).most_common(5):
        print(f"    {count} times {error}")


def run(world, _arguments, megabytes=230):
    world.need("docker-registry", "skopeo", "dockerd", "docker")
    many(world)
    cold(world, megabytes)
