#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Layers made of a debootstrap tree must pass. Needs root, the network and a few minutes, so `make test`
# does without. test-debootstrap.sh [BUILD]; DEBOOTSTRAP_SUITE and DEBOOTSTRAP_MIRROR choose another Debian
# than the one apt is set up for.
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}
if [ "$(id -u)" -ne 0 ]; then
  echo "test-debootstrap.sh: not root, left out" >&2
  exit 0
fi
mirror=${DEBOOTSTRAP_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 'Origin: Debian' | head -n 1)}
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
debootstrap --variant=minbase "${DEBOOTSTRAP_SUITE:-bookworm}" "$work/tree" "${mirror%/}" >"$work/log" || {
  tail -n 20 "$work/log" >&2
  exit 1
}
PORTCULLIS_DEBOOTSTRAP_TREE="$work/tree" "$build/tests/portcullis_corpus_test" \
  --gtest_filter=TarOfATree.Debootstrap
