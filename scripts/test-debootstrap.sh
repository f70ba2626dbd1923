#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Layers made of a debootstrap tree must pass. Needs root, the network and a few minutes, so `make test`
# does without. test-debootstrap.sh [BUILD]; DEBOOTSTRAP_SUITE and DEBOOTSTRAP_MIRROR choose another Debian.
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}
if [ "$(id -u)" -ne 0 ]; then
  echo "test-debootstrap.sh: not root, left out" >&2
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
debootstrap --variant=minbase "${DEBOOTSTRAP_SUITE:-bookworm}" "$work/tree" \
  "${DEBOOTSTRAP_MIRROR:-http://deb.debian.org/debian}" >"$work/log" || {
  tail -n 20 "$work/log" >&2
  exit 1
}
PORTCULLIS_DEBOOTSTRAP_TREE="$work/tree" "$build/tests/portcullis_corpus_test" \
  --gtest_filter=TarOfATree.Debootstrap
