# SPDX-License-Identifier: Apache-2.0
"""Records with a million pulls on SQLite: lists, searches and overviews, and what writing costs."""
import subprocess


def run(world, arguments):
    program = world.bin.parent / "tests" / "portcullis_records_bench"
    if not program.exists():
        raise SystemExit(f"bench: {program} is missing: cmake --build {world.bin.parent} "
                         "--target portcullis_records_bench")
    print("one million pulls in 30 days, 5,000 images, 3,000 clients (goal: each under 50 ms)", flush=True)
    database = world.dir / "records.db"
    subprocess.run([program, database, "1000000"], check=True)
    size = sum(part.stat().st_size for part in world.dir.glob("records.db*"))
    print(f"database on disk: {size / (1 << 20):.0f} MiB")
