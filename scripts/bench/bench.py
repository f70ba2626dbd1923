#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make bench: ratios, each measured side by side in one run. Absolute figures mean little elsewhere."""
import argparse
import os
import pathlib
import platform

import attack
import command
import dashboard
import naming
import pulling
import records
import scanning
import serving
from world import World

PARTS = {"serving": serving.run, "attack": attack.run, "pulling": pulling.run, "scanning": scanning.run,
         "command": command.run, "records": records.run, "naming": naming.run, "dashboard": dashboard.run}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", default="build/bin", help="where portcullis and portcullis-scanner are")
    parser.add_argument("--tree", help="scanning: a file tree to make the image of, such as a debootstrap tree; "
                                       "default: 280 MB of this machine's own files")
    parser.add_argument("--rules", type=pathlib.Path, help="scanning: a directory of YARA rules; default: generated "
                                                            "sets of 1,000 and of 5,000")
    parser.add_argument("--large-gb", type=int, default=1, help="scanning: size of the layer for the memory figure")
    parser.add_argument("--memory-only", action="store_true", help="scanning: the memory figure and nothing else")
    parser.add_argument("parts", nargs="*", help="of " + ", ".join(PARTS) + "; default: all")
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores, {platform.machine()}, Linux {platform.release()}")
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    for name in arguments.parts or PARTS:
        print(f"-- {name}")
        with World(arguments.bin) as world:
            PARTS[name](world, arguments)


if __name__ == "__main__":
    main()
