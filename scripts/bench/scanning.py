# SPDX-License-Identifier: Apache-2.0
"""Scans side by side with unpacking and running yara, rebuilt images, and a worker's memory."""
import os
import pathlib
import resource
import shutil
import stat
import statistics
import subprocess
import threading
import time

import image

ROUNDS = 3
EXTERNALS = ("filename", "filepath", "extension", "filetype", "owner")
JUDGED = (0, 1)  # rules that somebody brings may find something

class Took:
    """Seconds by the clock, and of processor time in all processes that were started."""

    def __init__(self, wall=0.0, cpu=0.0):
        self.wall, self.cpu = wall, cpu

    def __add__(self, other):
        return Took(self.wall + other.wall, self.cpu + other.cpu)

    def __sub__(self, other):
        return Took(self.wall - other.wall, self.cpu - other.cpu)

    def __truediv__(self, other):
        return Took(self.wall / other.wall, self.cpu / other.cpu)


def median(values):
    values = list(values)
    return Took(statistics.median(v.wall for v in values), statistics.median(v.cpu for v in values))


def cpu_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run_timed(argv, allowed=(0,), **kwargs):
    start, cpu = time.monotonic(), cpu_of_children()
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", **kwargs)
    if done.returncode not in allowed:
        raise SystemExit(f"bench: {' '.join(map(str, argv[:4]))} ... ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr}")
    return Took(time.monotonic() - start, cpu_of_children() - cpu)


def scan(world, layout, rules, data=None):
    where = ["--data", str(data)] if data else ["--no-cache"]
    return run_timed([world.bin / "portcullis", "scan", f"oci:{layout}:bench", "--no-builtin-rules", "--rules",
                      str(rules), *where], allowed=JUDGED)


def yara(rules, *flags):
    """A file a namespace and with the externals defined, as Portcullis takes rules."""
    files = sorted(path for path in rules.rglob("*") if path.suffix in (".yar", ".yara"))
    externals = [word for name in EXTERNALS for word in ("-d", f"{name}=")]
    return ["yara", "-w", "-N", *flags, *externals, *(f"n{number}:{path}" for number, path in enumerate(files))]


def by_hand(world, layout, rules):
    """What people do without Portcullis."""
    work = world.dir / "by-hand"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    script = ('layout=$1 work=$2; shift 2; skopeo copy -q "oci:$layout:bench" "oci:$work/copy:bench" && '
              'umoci unpack --image "$work/copy:bench" "$work/bundle" && "$@" "$work/bundle/rootfs"')
    return run_timed(["sh", "-c", script, "sh", str(layout), str(work), *yara(rules, "-r", "-p", "2")])


def say_cost(world, rules, tree, megabytes):
    """What a rule set costs for each byte decides how much there is to save: generated ones are cheap."""
    empty = world.dir / "empty"
    took = run_timed([*yara(rules, "-r", "-p", "1"), tree]) - run_timed([*yara(rules, "-r", "-p", "1"), empty])
    print(f"rules in {rules.name}: yara alone does {megabytes / took.cpu:.0f} MB/s a core with them")


def decompress_and_hash(layers):
    return sum((run_timed(["sh", "-c", 'igzip -dc "$1" | sha256sum', "sh", str(layer)]) for layer in layers), Took())


class WorkerMemory(threading.Thread):
    """The largest anonymous memory seen in a worker (a child of a portcullis-scanner) that this bench started."""

    def __init__(self):
        super().__init__(daemon=True)
        self.peak_mb = 0.0
        self.rules_mb = 0.0
        self.done = threading.Event()

    def run(self):
        while not self.done.wait(0.02):
            seen = {}
            for status in pathlib.Path("/proc").glob("[0-9]*/status"):
                try:
                    seen[int(status.parent.name)] = dict(
                        line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
                except OSError:
                    continue
            for pid, fields in seen.items():
                if not self.is_scanner(fields) or not self.is_ours(seen, pid):
                    continue
                anonymous = int(fields.get("RssAnon", "0").split()[0]) / 1024
                if self.is_scanner(seen.get(int(fields["PPid"]), {})):
                    self.peak_mb = max(self.peak_mb, anonymous)
                else:
                    self.rules_mb = max(self.rules_mb, anonymous)

    @staticmethod
    def is_scanner(fields):
        return fields.get("Name", "").startswith("portcullis-scan")

    @staticmethod
    def is_ours(seen, pid):
        """Others on this machine may scan too."""
        while pid in seen and pid != os.getpid():
            pid = int(seen[pid]["PPid"])
        return pid == os.getpid()


def compare(name, ours, theirs, what, goal):
    pairs = [(ours(), theirs()) for _ in range(ROUNDS)]
    a, b = (median(column) for column in zip(*pairs))
    ratio = median(y / x for x, y in pairs)
    print(f"{name:<36} portcullis {a.wall:6.2f} s   {what} {b.wall:6.2f} s   {ratio.wall:.2f}x (goal: {goal}); "
          f"processor time {a.cpu:.2f} s and {b.cpu:.2f} s, {ratio.cpu:.2f}x")


def rebuilt(world, rules, layouts, new_layers):
    """An image, the same in new layers, and with 5 % of its files changed: each round starts with nothing known."""
    rounds = []
    for number in range(ROUNDS):
        datas = [world.dir / f"data-{number}-{kind}" for kind in ("unchanged", "changed")]
        first = scan(world, layouts["first"], rules, datas[0])
        shutil.copytree(datas[0], datas[1])  # or the second image would profit from the scan of the first
        one = {"first": first, "unchanged": scan(world, layouts["unchanged"], rules, datas[0]),
               "changed": scan(world, layouts["changed"], rules, datas[1]), "bare": decompress_and_hash(new_layers),
               "start": run_timed([world.bin / "portcullis", "scan", f"dir:{world.dir / 'empty'}",
                                   "--no-builtin-rules", "--rules", str(rules), "--no-cache"])}
        rounds.append(one)
        for data in datas:
            shutil.rmtree(data)
    middle = {name: median(one[name] for one in rounds) for name in rounds[0]}
    print(f"rebuilt image, rules in {rules.name}, medians of {ROUNDS}, by the clock and in processor time: " +
          ", ".join(f"{name} {took.wall:.2f} s / {took.cpu:.2f} s" for name, took in middle.items()) +
          "; start is in each scan and once in a server; bare is igzip | sha256sum")

    def say(what, goal, ratio_of):
        command = median(ratio_of(one, Took()) for one in rounds)
        server = median(ratio_of(one, one["start"]) for one in rounds)
        print(f"    {what}: as a command {command.wall:.2f} (processor time {command.cpu:.2f}), "
              f"in a server {server.wall:.2f} ({server.cpu:.2f}); goal: {goal}")

    say("5 % changed, times faster than the first scan", "10",
        lambda one, start: (one["first"] - start) / (one["changed"] - start))
    # Nineteen twentieths cost what they cost unchanged, the rest what it cost at first: no more can be expected.
    first, unchanged = (median(one[name] - one["start"] for one in rounds) for name in ("first", "unchanged"))
    changed = Took(*(0.95 * known + 0.05 * new for known, new in ((unchanged.wall, first.wall), (unchanged.cpu, first.cpu))))
    print(f"    what that comes to when 95 % cost as much as with nothing changed: {(first / changed).wall:.1f} in a server "
          f"(processor time {(first / changed).cpu:.1f})")
    say("nothing changed, part of the speed of bare", "0.80", lambda one, start: one["bare"] / (one["unchanged"] - start))


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
        rules = arguments.rules or image.rules(world.dir / "rules-1000", 1000)
        return measure_memory(world, rules, arguments.large_gb)
    work = world.dir / "tree"
    if arguments.tree:
        shutil.copytree(arguments.tree, work, symlinks=True, ignore=not_plain)
    else:
        image.system_tree(work, megabytes)
    small, large = ((arguments.rules.resolve(),) * 2 if arguments.rules else
                    (image.rules(world.dir / f"rules-{count}", count) for count in (1000, 5000)))
    layouts = {name: world.dir / name for name in ("first", "unchanged", "changed")}
    layers = image.layout(work, layouts["first"])
    new_layers = image.layout(work, layouts["unchanged"], mtime=1)
    (world.dir / "empty").mkdir()
    size = sum(path.stat().st_size for path in image.files_of(work)) / 1e6
    print(f"{len(image.files_of(work))} files, {size:.0f} MB unpacked, {len(layers)} gzip layers")
    for rules in dict.fromkeys((small, large)):
        say_cost(world, rules, work, size)

    compare("cold scan, " + small.name, lambda: scan(world, layouts["first"], small),
            lambda: by_hand(world, layouts["first"], small), "skopeo+umoci+yara -p 2", "4x, aim 6x")
    overhead(world, layers, small)

    image.change(work, 5)
    image.layout(work, layouts["changed"], mtime=2)
    rebuilt(world, large, layouts, new_layers)

    measure_memory(world, small, arguments.large_gb)


def measure_memory(world, rules, gigabytes):
    big = world.dir / "big"
    largest = image.large_layout(big, gigabytes)
    memory = WorkerMemory()
    memory.start()
    took = scan(world, big, rules)
    memory.done.set()
    memory.join()
    above = memory.peak_mb - memory.rules_mb
    print(f"worker, layer of {gigabytes} GB with a file of {largest} GB, {took.wall:.0f} s: {memory.peak_mb:.0f} MB anonymous, "
          f"{above:.0f} MB more than the fork server with its rules ({memory.rules_mb:.0f} MB; "
          f"goal: under {48 + 20 * (os.cpu_count() or 1)} MB more)")
