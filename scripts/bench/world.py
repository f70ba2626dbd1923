# SPDX-License-Identifier: Apache-2.0
"""Starts what a measurement needs on free loopback ports, in its own directory, and stops it by pid."""
import hashlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until(ready, seconds, what):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if ready():
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise SystemExit(f"bench: {what} did not become ready in {seconds} s")


def status_of(port, path, method="GET"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    connection.request(method, path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


class Server:
    """One process with its log; `peak_rss_mb` is the kernel's high-water mark."""

    def __init__(self, argv, log, **kwargs):
        self.log = log
        self.process = subprocess.Popen(argv, stdout=open(log, "ab"), stderr=subprocess.STDOUT, **kwargs)

    def peak_rss_mb(self):
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        return 0.0

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class World:
    def __init__(self, binaries):
        self.bin = pathlib.Path(binaries).resolve()
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="pcbench-"))
        self.servers = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in reversed(self.servers):
            server.stop()
        shutil.rmtree(self.dir, ignore_errors=True)

    def need(self, *tools):
        missing = [tool for tool in tools if not shutil.which(tool)]
        if missing:
            raise SystemExit(f"bench: missing tools: {' '.join(missing)}; scripts/setup.sh full installs them")

    def registry(self, name="upstream", proxy_of=None):
        port = free_port()
        home = self.dir / name
        home.mkdir()
        config = {
            "version": 0.1,
            "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(home / "data")}},
            "http": {"addr": f"127.0.0.1:{port}"},
        }
        if proxy_of:
            config["proxy"] = {"remoteurl": proxy_of}
        (home / "config.yml").write_text(json.dumps(config))  # JSON is YAML
        server = Server(["docker-registry", "serve", str(home / "config.yml")], home / "log")
        server.port = port
        self.servers.append(server)
        wait_until(lambda: status_of(port, "/v2/") == 200, 20, "docker-registry")
        return server

    def portcullis(self, upstream_port, name="portcullis", extra=()):
        port, admin = free_port(), free_port()
        home = self.dir / name
        server = Server(
            [str(self.bin / "portcullis"), "serve", "--listen", f"127.0.0.1:{port}", "--admin-listen",
             f"127.0.0.1:{admin}", "--data", str(home), "--upstream", f"docker.io=http://127.0.0.1:{upstream_port}",
             "--log-level", "warn", *extra],
            self.dir / f"{name}.log")
        server.port = port
        server.admin = admin
        self.servers.append(server)
        wait_until(lambda: status_of(admin, "/readyz") == 200, 60, "portcullis")
        return server


def push(port, repository, tag, layers, architecture="amd64"):
    """Pushes an image of ready-made layer blobs [(path, media_type, diff_id)] and returns layer digests."""

    def upload(path):
        digest = "sha256:" + hashlib.file_digest(open(path, "rb"), "sha256").hexdigest()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        connection.request("POST", f"/v2/{repository}/blobs/uploads/")
        answer = connection.getresponse()
        answer.read()
        location = answer.headers["Location"]
        location = location[location.index("/v2/"):]
        joint = "&" if "?" in location else "?"
        with open(path, "rb") as body:
            connection.request("PUT", f"{location}{joint}digest={digest}", body=body, headers={
                "Content-Type": "application/octet-stream", "Content-Length": str(os.path.getsize(path))})
            answer = connection.getresponse()
            answer.read()
        assert answer.status == 201, answer.status
        connection.close()
        return {"digest": digest, "size": os.path.getsize(path)}

    entries = [{"mediaType": media, **upload(path)} for path, media, _ in layers]
    config = json.dumps({"architecture": architecture, "os": "linux", "config": {"Cmd": ["/bin/sh"]},
                         "rootfs": {"type": "layers", "diff_ids": [diff for _, _, diff in layers]}})
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(config)
        file.flush()
        config_entry = {"mediaType": "application/vnd.oci.image.config.v1+json", **upload(file.name)}
    manifest = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                           "config": config_entry, "layers": entries})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("PUT", f"/v2/{repository}/manifests/{tag}", body=manifest,
                       headers={"Content-Type": "application/vnd.oci.image.manifest.v1+json"})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 201, answer.status
    return [entry["digest"] for entry in entries]
