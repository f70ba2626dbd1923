#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How often does the rule pack cry wolf? Puts together a corpus of clean files and scans it.

The corpus: a debootstrap tree (as root), several hundred Debian packages (fp-corpus/packages.txt), each with
its maintainer scripts, and packages of the npm registry (fp-corpus/npm.txt). Nothing of them is run. Packages
that own the same path lie in different roots, so that every file stands where an image would have it.

The scan: `portcullis scan dir:ROOT` with the rules of this checkout, root by root.

Putting it together may be stopped at any time: the next run goes on where it was, and a corpus that is whole is used
again. What the rules said about a root is kept too, for as long as rules and scanner are the same.

Exit code: 0; 1 when something would be blocked, or one file of a thousand would be warned of (medium); 2 when
the corpus or a scan failed.
"""
import argparse
import collections
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent
SEVERITIES = ["critical", "high", "medium", "low", "info"]
WARNED_PER_MILLE = 1.0  # below 0.1 % of the files


def run(argv, **more):
    return subprocess.run([str(a) for a in argv], check=True, text=True, **more)


def words(path):
    """The names in a list; a line that begins with # is a comment."""
    lines = path.read_text().splitlines()
    return [word for line in lines if not line.startswith("#") for word in line.split()]


def known_packages(names):
    """Those of `names` that apt has, what `NAME+` depends on among them; says which it has not."""
    wanted = {}
    for name in names:
        wanted[name.rstrip("+")] = None
        if name.endswith("+"):
            out = run(["apt-cache", "depends", "--important", name.rstrip("+")], stdout=subprocess.PIPE).stdout
            wanted.update(dict.fromkeys(re.findall(r"Depends: ([a-z0-9][a-z0-9+.-]+)$", out, re.M)))
    found = subprocess.run(["apt-cache", "show", "--no-all-versions", *wanted], text=True, stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL).stdout
    have = set(re.findall(r"^Package: (\S+)$", found, re.M))
    missing = [name for name in wanted if name not in have]
    if missing:
        print("not in this Debian, left out:", " ".join(missing), file=sys.stderr)
    return [name for name in wanted if name in have]


class Root:
    """One tree of files, which no two packages with the same path share."""

    def __init__(self, path):
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.files, self.directories = paths_of(path)

    def takes(self, files, directories):
        return not (self.files & files or self.files & directories or self.directories & files)

    def move_in(self, tree, files, directories):
        self.files |= files
        self.directories |= directories
        for directory in sorted(directories):
            (self.path / directory).mkdir(exist_ok=True)
        for file in files:
            os.rename(tree / file, self.path / file)


class Journal:
    """Which package went into which root. A line is written before the first file moves, so that after a stop only
    the package of the last line may be half in its root; it is moved in once more."""

    def __init__(self, path):
        self.path = path
        lines = path.read_text().splitlines() if path.exists() else []
        self.placed = dict(line.rsplit(" ", 1) for line in lines)
        self.unsure = next(reversed(self.placed), None)
        self.file = path.open("a")

    def is_whole(self, package):
        return package in self.placed and package != self.unsure

    def write(self, package, root):
        self.file.write(f"{package} {root.path.name}\n")
        self.file.flush()


def unpack(deb, below):
    """Into a new directory of its own, so that no link of another package leads out of it."""
    name = deb.name.split("_")[0]
    tree = below / name
    tree.mkdir(parents=True)
    run(["dpkg-deb", "-x", deb, tree])
    # Where dpkg keeps them: they are files of an image too.
    info = tree / "var/lib/dpkg/info"
    info.mkdir(parents=True, exist_ok=True)
    run(["dpkg-deb", "-e", deb, tree / ".control"])
    for script in (tree / ".control").iterdir():
        script.rename(info / f"{name}.{script.name}")
    (tree / ".control").rmdir()
    return tree


def paths_of(tree):
    files, directories = set(), set()
    for path, below, names in os.walk(tree):
        here = os.path.relpath(path, tree)
        links = {name for name in below if os.path.islink(os.path.join(path, name))}
        files |= {os.path.normpath(os.path.join(here, name)) for name in links.union(names)}
        directories |= {os.path.normpath(os.path.join(here, name)) for name in set(below) - links}
    return files, directories


def download(names, into):
    """In calls of 40; where a call fails, in halves, down to the packages that cannot be had."""
    if not names:
        return
    if len(names) <= 40:
        call = ["apt-get", "-q=2", "-o", "APT::Sandbox::User=root", "download", *names]
        if subprocess.run(call, cwd=into, stderr=subprocess.DEVNULL).returncode == 0:
            return
        if len(names) == 1:
            print(f"corpus: apt cannot download {names[0]}, left out", file=sys.stderr)
            return
    half = min(40, (len(names) + 1) // 2)
    download(names[:half], into)
    download(names[half:], into)


def assemble(options):
    corpus = options.corpus
    names = known_packages(words(options.packages))[: options.limit]
    debs = corpus / "debs"
    debs.mkdir(parents=True, exist_ok=True)
    have = {deb.name.split("_")[0] for deb in debs.glob("*.deb")}
    wanted = [name for name in names if name not in have]
    print(f"corpus: {len(names)} packages, {len(wanted)} to download", flush=True)
    download(wanted, debs)

    chosen = [deb for deb in sorted(debs.glob("*.deb")) if deb.name.split("_")[0] in names]
    (corpus / "packages").write_text("".join(f"{deb.name.split('_')[0]}\n" for deb in chosen))
    place(options, chosen)
    add_base(corpus, corpus / "roots")
    if not options.limit:
        add_npm(options, corpus / "roots")
    (corpus / "whole").touch()


def place(options, debs):
    trees, fresh = options.corpus / "roots", options.corpus / "fresh"
    journal = Journal(options.corpus / "placed")
    if not journal.placed and trees.exists():
        shutil.rmtree(trees)
    if fresh.exists():
        shutil.rmtree(fresh)
    roots = [Root(path) for path in sorted(trees.glob("[0-9][0-9]"))]
    todo = [deb for deb in debs if not journal.is_whole(deb.name)]
    print(f"corpus: {len(debs)} packages are here, {len(todo)} to unpack", flush=True)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        # A few at a time: a tree that waits for its place takes disk.
        for start in range(0, len(todo), 4 * options.jobs):
            batch = todo[start : start + 4 * options.jobs]
            for deb, tree in zip(batch, pool.map(lambda deb: unpack(deb, fresh), batch)):
                files, directories = paths_of(tree)
                if deb.name == journal.unsure:
                    root = next(r for r in roots if r.path.name == journal.placed[deb.name])
                else:
                    root = next((r for r in roots if r.takes(files, directories)), None)
                if root is None:
                    root = Root(trees / f"{len(roots):02}")
                    roots.append(root)
                journal.write(deb.name, root)
                root.move_in(tree, files, directories)
                shutil.rmtree(tree)


def add_base(corpus, trees):
    if os.geteuid() != 0 or not shutil.which("debootstrap"):
        print("corpus: no debootstrap tree (needs root and debootstrap)", file=sys.stderr)
        return
    kept = corpus / "base.tar"
    if not kept.exists():
        mirror = os.environ.get("DEBOOTSTRAP_MIRROR") or run(
            ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Identifier: Packages", "Origin: Debian"],
            stdout=subprocess.PIPE).stdout.split()[0]
        suite = os.environ.get("DEBOOTSTRAP_SUITE", "bookworm")
        tree = corpus / "fresh/debootstrap"
        run(["debootstrap", "--variant=minbase", suite, tree, mirror.rstrip("/")], stdout=subprocess.DEVNULL)
        run(["tar", "-cf", f"{kept}.new", "--exclude=./dev/*", "-C", tree, "."])
        shutil.rmtree(tree)
        os.rename(f"{kept}.new", kept)
    if not (trees / "base").exists():
        fresh = corpus / "fresh/base"
        fresh.mkdir(parents=True)
        run(["tar", "-xf", kept, "-C", fresh])
        os.rename(fresh, trees / "base")


def add_npm(options, trees):
    if not shutil.which("npm"):
        print("corpus: no packages of npm (npm is not installed)", file=sys.stderr)
        return
    kept = options.corpus / "npm"
    if not (kept / "complete").exists():
        kept.mkdir(parents=True, exist_ok=True)
        (kept / "package.json").write_text("{}")
        for name in words(options.npm):
            done = subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--legacy-peer-deps",
                                   "--loglevel=error", name], cwd=kept, stdout=subprocess.DEVNULL)
            if done.returncode != 0:
                print(f"corpus: npm cannot install {name}, left out", file=sys.stderr)
        if not (kept / "node_modules").exists():
            # No registry within reach: the next run tries again, and this one is no whole corpus.
            raise subprocess.CalledProcessError(1, ["npm", "install", *words(options.npm)])
        (kept / "complete").touch()
    if not (trees / "npm").exists():
        fresh = options.corpus / "fresh/npm"
        (fresh / "srv/app").mkdir(parents=True)
        run(["cp", "-a", kept / "node_modules", fresh / "srv/app"])
        os.rename(fresh, trees / "npm")


def measure(root):
    files = size = 0
    for directory, _, names in os.walk(root):
        for name in names:
            status = os.lstat(os.path.join(directory, name))
            if (status.st_mode & 0o170000) == 0o100000:
                files, size = files + 1, size + status.st_size
    return files, size


def scan(options, root):
    argv = [options.bin / "portcullis", "scan", "--no-cache", "--format", "json", "--config", options.config, f"dir:{root}"]
    done = subprocess.run([str(a) for a in argv], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        report = {}
    blobs = report.get("blobs", [])
    if done.returncode not in (0, 1) or not blobs or any(b["outcome"] != "complete" for b in blobs):
        outcomes = ", ".join(f"{b['outcome']} {b.get('reason', '')}" for b in blobs)
        return [], f"{root}: exit code {done.returncode}: {outcomes} {done.stderr.strip()}"
    return [finding for blob in blobs for finding in blob["findings"]], ""


def fingerprint(options):
    """Of what a scan depends on beside the files."""
    digest = hashlib.sha256()
    for file in sorted(options.rules.rglob("*.yar")) + [options.bin / "portcullis-scanner", options.config]:
        digest.update(f"{file}\n".encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("corpus", nargs="?", type=pathlib.Path, default=TOP / "build/fp-corpus", help="its directory")
    parser.add_argument("--bin", type=pathlib.Path, default=TOP / "build/bin", help="where portcullis is")
    parser.add_argument("--packages", type=pathlib.Path, default=HERE / "fp-corpus/packages.txt")
    parser.add_argument("--npm", type=pathlib.Path, default=HERE / "fp-corpus/npm.txt")
    parser.add_argument("--rules", type=pathlib.Path, default=TOP / "rules/yara")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="packages unpacked side by side")
    parser.add_argument("--limit", type=int, help="only the first so many packages, for a trial")
    parser.add_argument("--only", choices=["assemble", "scan"], help="one half of the work")
    parser.add_argument("--root", action="append", help="scan only this root of the corpus; may be repeated")
    options = parser.parse_args()
    options.corpus = options.corpus.resolve()
    try:
        if options.only != "scan" and not (options.only is None and (options.corpus / "whole").exists()):
            assemble(options)
        return 0 if options.only == "assemble" else judge(options)
    except subprocess.CalledProcessError as error:
        print(f"fp-corpus: {' '.join(error.cmd)[:200]}: exit code {error.returncode}", file=sys.stderr)
        return 2


def judge(options):
    options.config = options.corpus / "portcullis.toml"
    options.config.write_text(f'[rules]\nbuiltin = false\npaths = ["{options.rules.resolve()}"]\n'
                              '[scan]\nentries = 10000000\nmax_findings = 100000\n')
    roots = sorted(r for r in (options.corpus / "roots").iterdir() if not options.root or r.name in options.root)
    like = fingerprint(options)
    started = time.monotonic()
    before = os.times()
    rows, failures, files, size, kept = [], [], 0, 0, 0
    for root in roots:
        more_files, more_bytes = measure(root)
        files, size = files + more_files, size + more_bytes
        memory = options.corpus / f"scanned-{root.name}.json"
        key = [like, more_files, more_bytes]
        known = json.loads(memory.read_text()) if memory.exists() else {}
        if known.get("key") == key:
            kept += 1
        else:
            findings, failure = scan(options, root)
            failures += [failure] if failure else []
            known = {"key": key, "findings": findings}
            if not failure:
                memory.with_suffix(".new").write_text(json.dumps(known))
                memory.with_suffix(".new").rename(memory)
            print(f"corpus: root {root.name}: {more_files} files, {more_bytes / 2**20:.0f} MiB scanned", flush=True)
        rows += [(root.name, finding) for finding in known["findings"]]
    if kept:
        print(f"corpus: {kept} of {len(roots)} roots were scanned before with these rules and this scanner")
    after = os.times()
    return show(options, rows, failures, files, size, time.monotonic() - started,
                after.children_user - before.children_user)


def show(options, rows, failures, files, size, seconds, user_seconds):
    by_severity = {name: [row for row in rows if row[1]["severity"] == name] for name in SEVERITIES}
    for name in SEVERITIES[:3]:
        for root, finding in sorted(by_severity[name], key=lambda row: (row[1]["rule"], row[1]["path"])):
            print(f"{name:8}  {finding['rule']}  {root}/{finding['path']}")
    for name in SEVERITIES[3:]:
        for rule, count in collections.Counter(f["rule"] for _, f in by_severity[name]).most_common():
            print(f"{name:8}  {rule}  {count} times")
    warned = {(root, f["path"]) for root, f in by_severity["medium"]}
    per_mille = 1000 * len(warned) / max(files, 1)
    blocked = len(by_severity["critical"]) + len(by_severity["high"])
    packages = len((options.corpus / "packages").read_text().split())
    print(f"packages {packages}, files {files}, bytes {size} ({size / 2**30:.2f} GiB); scanned in {seconds:.0f} s, "
          f"{user_seconds:.0f} s of processor time")
    print("findings:", ", ".join(f"{name} {len(by_severity[name])}" for name in SEVERITIES))
    print(f"warned files: {len(warned)}, {per_mille:.3f} per mille (must stay under {WARNED_PER_MILLE})")
    for failure in failures:
        print("not scanned:", failure)
    return 2 if failures or not files else int(blocked > 0 or per_mille >= WARNED_PER_MILLE)


if __name__ == "__main__":
    sys.exit(main())
