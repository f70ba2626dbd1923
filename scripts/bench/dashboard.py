# SPDX-License-Identifier: Apache-2.0
"""The dashboard in a browser with a million pulls in the records: how long its first view takes."""
import pathlib
import subprocess


def run(world, arguments):
    world.need("chromium", "node")
    build = world.bin.parent
    program = build / "tests" / "portcullis_records_bench"
    if not program.exists():
        raise SystemExit(f"bench: {program} is missing: cmake --build {build} --target portcullis_records_bench")
    home = world.dir / "portcullis"
    home.mkdir()
    print("one million pulls in 30 days (goal: the first view within 1 s)", flush=True)
    subprocess.run([program, home / "portcullis.db", "1000000"], check=True, stdout=subprocess.DEVNULL)
    token = subprocess.run([world.bin / "portcullis", "token", "create", "--name", "bench", "--role", "viewer", "--data", home],
                           check=True, capture_output=True, text=True).stdout
    secret = next(word for word in token.split() if word.startswith("pct_"))
    server = world.portcullis(9)  # nothing is pulled: no upstream is asked
    script = pathlib.Path(__file__).resolve().parents[2] / "tests/dashboard/browser/first_view.mjs"
    subprocess.run(["node", script, f"http://127.0.0.1:{server.admin}", secret], check=True, cwd=build / "dashboard")
