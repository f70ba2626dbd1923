# SPDX-License-Identifier: Apache-2.0
"""`portcullis scan` as a whole process: time and peak memory beside what people do by hand, and beside clamscan."""
import pathlib
import shutil
import statistics
import subprocess
import threading
import time

import image
import scanning

ROUNDS = 3
SIGNATURES = 1000


class Memory(threading.Thread):
    """The largest sum, over a process and all it started, of proportional set sizes: shared pages count once."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peak_mb, self.done = pid, 0.0, threading.Event()

    def run(self):
        while not self.done.wait(0.05):
            parents = {}
            for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
                try:
                    parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
                except (OSError, ValueError, IndexError):
                    continue
            family, grown = {self.pid}, True
            while grown:
                more = {pid for pid, parent in parents.items() if parent in family} - family
                family, grown = family | more, bool(more)
            total = 0
            for pid in family:
                try:
                    rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
                    total += int(rollup.split("\nPss:")[1].split()[0])
                except (OSError, IndexError, ValueError):
                    continue
            self.peak_mb = max(self.peak_mb, total / 1024)


def measured(argv, allowed=(0,)):
    """Seconds and peak MB."""
    begin = time.monotonic()
    process = subprocess.Popen([str(part) for part in argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    memory = Memory(process.pid)
    memory.start()
    out, _ = process.communicate()
    took = time.monotonic() - begin
    memory.done.set()
    memory.join()
    if process.returncode not in allowed:
        raise SystemExit(f"bench: {argv[0]} ended with {process.returncode}:\n{out.decode(errors='replace')[-2000:]}")
    return took, memory.peak_mb


def median(pairs):
    return tuple(statistics.median(column) for column in zip(*pairs))


def signatures(target):
    """A ClamAV database in which nothing is found: clamscan's own of millions is not on every machine."""
    lines = [f"Bench.Sig.{number}:0:*:{(f'portcullis-bench-{number:08}').encode().hex()}" for number in range(SIGNATURES)]
    target.write_text("\n".join(lines) + "\n")
    return target


def say(name, ours, theirs, what):
    print(f"{name:<34} portcullis {ours[0]:6.2f} s {ours[1]:5.0f} MB   {what} {theirs[0]:6.2f} s {theirs[1]:5.0f} MB   "
          f"{theirs[0] / ours[0]:.2f}x the time, {theirs[1] / ours[1]:.2f}x the memory")


def run(world, arguments, megabytes=280):
    world.need("skopeo", "umoci", "yara", "igzip")
    tree = world.dir / "tree"
    if arguments.tree:
        shutil.copytree(arguments.tree, tree, symlinks=True, ignore=scanning.not_plain)
    else:
        image.system_tree(tree, megabytes)
    rules = arguments.rules.resolve() if arguments.rules else image.rules(world.dir / "rules-1000", 1000)
    layout = world.dir / "image"
    image.layout(tree, layout)
    archive = world.dir / "image.tar"
    subprocess.run(["skopeo", "copy", "-q", f"oci:{layout}:bench", f"docker-archive:{archive}:bench:1"], check=True)

    def scan(source, *flags):
        return measured([world.bin / "portcullis", "scan", "--quiet", source, "--no-builtin-rules", "--rules", rules,
                         *flags], allowed=scanning.JUDGED)

    def by_hand():
        work = world.dir / "by-hand"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        script = ('layout=$1 work=$2; shift 2; skopeo copy -q "oci:$layout:bench" "oci:$work/copy:bench" && '
                  'umoci unpack --image "$work/copy:bench" "$work/bundle" && "$@" "$work/bundle/rootfs"')
        return measured(["sh", "-c", script, "sh", layout, work, *scanning.yara(rules, "-r", "-p", "2")])

    cold = median([scan(f"oci:{layout}:bench", "--no-cache") for _ in range(ROUNDS)])
    say("cold scan of an image", cold, median([by_hand() for _ in range(ROUNDS)]), "skopeo+umoci+yara -p 2")
    if shutil.which("clamscan"):
        database = signatures(world.dir / "bench.ndb")
        clam = median([measured(["clamscan", "-r", "-i", "--no-summary", "-d", database, tree]) for _ in range(ROUNDS)])
        say("cold scan, clamscan on the tree", cold, clam, f"clamscan, {SIGNATURES} plain signatures")
        print("    clamscan starts from unpacked files and with other rules (one fixed string each), so its ratio "
              "compares tools, not rule sets")
    else:
        print("clamscan is not installed: not measured (it is in the package clamav)")
    data = world.dir / "data"
    scan(f"oci:{layout}:bench", "--data", data)
    warm = median([scan(f"oci:{layout}:bench", "--data", data) for _ in range(ROUNDS)])
    print(f"the same image again, whole process: {warm[0]:.2f} s, {warm[1]:.0f} MB (goal: under 1 s)")
    saved = median([scan(f"docker-archive:{archive}", "--no-cache") for _ in range(ROUNDS)])
    print(f"the same as docker-archive, cold: {saved[0]:.2f} s, {saved[1]:.0f} MB, {saved[0] / cold[0]:.2f}x the layout's time")
