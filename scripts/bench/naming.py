# SPDX-License-Identifier: Apache-2.0
"""How long the name of an image takes to judge, against 10,000 protected names."""
import pathlib
import subprocess


def run(world, arguments):
    program = world.bin.parent / "tests" / "portcullis_naming_bench"
    if not program.exists():
        raise SystemExit(f"bench: {program} is missing: cmake --build {world.bin.parent} "
                         "--target portcullis_naming_bench")
    names = pathlib.Path(__file__).resolve().parents[2] / "rules" / "names"
    subprocess.run([program, names], check=True)
