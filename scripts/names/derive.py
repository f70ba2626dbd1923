#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes rules/names/repositories.tsv: what is worth imitating on Docker Hub, most pulled first.

usage: derive.py TRUSTED.tsv OFFICIAL.txt > rules/names/repositories.tsv

TRUSTED.tsv   columns repository, pulls (a bucket such as 1B+, 500K+, 7.5K), kind (official,
              verified_publisher, open_source), stars; with a header line
OFFICIAL.txt  one name under library/ a line

The rank follows pulls, then official before others, then stars, then the name. Official names that
have no pull count come after all that have one.
"""
import datetime
import hashlib
import sys

UNITS = {"K": 10**3, "M": 10**6, "B": 10**9}


def pulls(text):
    number = text.rstrip("+")
    return float(number[:-1]) * UNITS[number[-1]] if number[-1] in UNITS else float(number)


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    trusted, official = sys.argv[1:]
    rows = {}
    with open(trusted, encoding="utf-8") as file:
        next(file)
        for line in file:
            name, bucket, kind, stars = line.rstrip("\n").split("\t")
            rows[name] = (-pulls(bucket), kind != "official", -int(stars), name, kind)
    with open(official, encoding="utf-8") as file:
        for name in file.read().split():
            rows.setdefault("library/" + name, (0, False, 0, "library/" + name, "official"))

    print("# SPDX-License-Identifier: Apache-2.0")
    print("# Trusted repositories of Docker Hub (official, verified publisher, sponsored open source) by popularity.")
    print("# Written by scripts/names/derive.py on", datetime.date.today().isoformat(), "from facts listed by Docker Hub")
    print("# on 2024-08-20 (public data set imrealq/4fun-dockerhub) and docker-library/official-images on 2026-08-21;")
    print("# sha256 of the two inputs:")
    print("#  ", digest(trusted))
    print("#  ", digest(official))
    print("# repository\trank\tkind")
    for rank, row in enumerate(sorted(rows.values()), start=1):
        print(row[3], rank, row[4], sep="\t")


main()
