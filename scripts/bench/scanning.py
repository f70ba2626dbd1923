# SPDX-License-Identifier: Apache-2.0
"""Scans side by side with unpacking and running yara, rebuilt images, and a worker's memory."""
import os
import pathlib
import shutil
import stat
import statistics
import subprocess
import threading
import time

import image


def seconds(argv, allowed=(0,), **kwargs):
    start = time.monotonic()
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", **kwargs)
    if done.returncode not in allowed:
        raise SystemExit(f"bench: {' '.join(map(str, argv[:4]))} ... ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr}")
    return time.monotonic() - start


def scan(world, layout, rules, data=None):
    where = ["--data", str(data)] if data else ["--no-cache"]
    return seconds([world.bin / "portcullis", "scan", f"oci:{layout}:bench", "--no-builtin-rules", "--rules",
                    str(rules), *where])


def by_hand(world, layout, index):
    """What people do without Portcullis."""
    work = world.dir / "by-hand"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    script = ('skopeo copy -q "oci:$1:bench" "oci:$2/copy:bench" && umoci unpack --image "$2/copy:bench" "$2/bundle" '
              '&& yara -w -r -p 2 "$3" "$2/bundle/rootfs"')
    return seconds(["sh", "-c", script, "sh", str(layout), str(work), str(index)])


def decompress_and_hash(layers):
    return sum(seconds(["sh", "-c", 'igzip -dc "$1" | sha256sum', "sh", str(layer)]) for layer in layers)


class WorkerMemory(threading.Thread):
    """The largest anonymous memory seen in any worker: a child of a portcullis-scanner."""

    def __init__(self):
        super().__init__(daemon=True)
        self.peak_mb = 0.0
        self.rules_mb = 0.0
        self.done = threading.Event()

    def run(self):
        while not self.done.wait(0.02):
            for status in pathlib.Path("/proc").glob("[0-9]*/status"):
                try:
                    fields = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
                    if not fields["Name"].startswith("portcullis-scan"):
                        continue
                    parent = pathlib.Path("/proc", fields["PPid"].strip(), "comm").read_text()
                    anonymous = int(fields["RssAnon"].split()[0]) / 1024
                except (OSError, KeyError, ValueError):
                    continue
                if parent.startswith("portcullis-scan"):
                    self.peak_mb = max(self.peak_mb, anonymous)
                else:
                    self.rules_mb = max(self.rules_mb, anonymous)


def compare(name, ours, theirs, what, goal, runs=3):
    pairs = [(ours(), theirs()) for _ in range(runs)]
    a, b = (statistics.median(column) for column in zip(*pairs))
    ratio = statistics.median(y / x for x, y in pairs)
    print(f"{name:<52} portcullis {a:6.2f} s   {what} {b:6.2f} s   {ratio:.2f}x (goal: {goal})")


def overhead(world, layers, rules):
    program = world.bin.parent / "tests" / "portcullis_overhead"
    if not program.exists():
        raise SystemExit(f"bench: {program} is missing: cmake --build {world.bin.parent} --target portcullis_overhead")
    out = subprocess.run([program, world.bin / "portcullis-scanner", rules, layers[0]], capture_output=True,
                         text=True, check=True).stdout
    service, inside, ratio = map(float, out.split())
    print(f"one layer by service {service:.2f} s, in process {inside:.2f} s: sandbox and pipe cost "
          f"{100 * (ratio - 1):.0f} % (goal: under 10 %)")


def not_plain(directory, names):
    """Devices, sockets and pipes: reading /dev/zero of a root file system would not end."""
    modes = {name: os.lstat(os.path.join(directory, name)).st_mode for name in names}
    return [name for name, mode in modes.items() if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode))]


def run(world, arguments, megabytes=280):
    world.need("skopeo", "umoci", "yara", "igzip")
    if arguments.memory_only:
        image.rules(world.dir / "rules-1000", 1000)
        return measure_memory(world, world.dir / "rules-1000", arguments.large_gb)
    work = world.dir / "tree"
    if arguments.tree:
        shutil.copytree(arguments.tree, work, symlinks=True, ignore=not_plain)
    else:
        image.system_tree(work, megabytes)
    small = image.rules(world.dir / "rules-1000", 1000)
    large = image.rules(world.dir / "rules-5000", 5000)
    small_dir, large_dir = (world.dir / name for name in ("rules-1000", "rules-5000"))
    first = world.dir / "first"
    layers = image.layout(work, first)
    size = sum(path.stat().st_size for path in image.files_of(work)) / 1e6
    print(f"{len(image.files_of(work))} files, {size:.0f} MB unpacked, {len(layers)} gzip layers")

    compare("cold scan, 1,000 rules", lambda: scan(world, first, small_dir), lambda: by_hand(world, first, small),
            "skopeo+umoci+yara -p 2", "4x, aim 6x")

    overhead(world, layers, small_dir)
    data = world.dir / "data"
    cold = scan(world, first, large_dir, data)
    again = world.dir / "unchanged"
    new_layers = image.layout(work, again, mtime=1)
    warm = scan(world, again, large_dir, data)
    bare = decompress_and_hash(new_layers)
    image.change(work, 5)
    changed = world.dir / "changed"
    image.layout(work, changed, mtime=2)
    partly = scan(world, changed, large_dir, data)
    empty = world.dir / "empty"
    empty.mkdir()
    start = seconds([world.bin / "portcullis", "scan", f"dir:{empty}", "--no-builtin-rules", "--rules", str(large_dir),
                     "--no-cache"])
    print(f"rebuilt image, 5,000 rules: first scan {cold:.2f} s, nothing changed {warm:.2f} s, 5 % of the files changed "
          f"{partly:.2f} s; of each, {start:.2f} s are start and rule compilation, which a server does once")
    print(f"    5 % changed: {cold / partly:.1f}x faster than the first scan as a command, "
          f"{(cold - start) / (partly - start):.1f}x in a server (goal: 10x)")
    print(f"    nothing changed: {100 * bare / warm:.0f} % of the speed of igzip | sha256sum ({bare:.2f} s) as a command, "
          f"{100 * bare / (warm - start):.0f} % in a server (goal: 80 %)")

    measure_memory(world, small_dir, arguments.large_gb)


def measure_memory(world, rules, gigabytes):
    big = world.dir / "big"
    largest = image.large_layout(big, gigabytes)
    memory = WorkerMemory()
    memory.start()
    took = scan(world, big, rules)
    memory.done.set()
    memory.join()
    above = memory.peak_mb - memory.rules_mb
    print(f"worker, layer of {gigabytes} GB with a file of {largest} GB, {took:.0f} s: {memory.peak_mb:.0f} MB anonymous, "
          f"{above:.0f} MB more than the fork server with its rules ({memory.rules_mb:.0f} MB; "
          f"goal: under {48 + 20 * (os.cpu_count() or 1)} MB more)")
