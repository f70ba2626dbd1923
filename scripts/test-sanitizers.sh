#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The unit tests again under sanitizers: address and undefined for the parts, thread for those that run
# several threads; then each fuzz target for a short while. Left out are the tests that spend their
# time in other programs (e2e, cli), and those whose workers forbid the system calls that a sanitizer's
# runtime needs (sandbox, scanner).
set -eu
cd "$(dirname "$0")/.."
jobs=$(nproc)
units='util oci findings upstream blobs unpack engine checks scan policy naming records notify gate api http config'
concurrent='util upstream blobs scan records notify gate api http'
# What they look at is lists of names and rules, by the same code as the tests beside them, for minutes.
data='NamesFigures|OwnRules'

# under PRESET PARTS: builds the test programs of these parts and runs them.
under() {
  targets=$(for part in $2; do echo "portcullis_${part}_test"; done)
  cmake --preset "$1"
  # shellcheck disable=SC2086
  cmake --build --preset "$1" -j "$jobs" --target $targets
  ctest --test-dir "build-$1" -j 3 --output-on-failure -L "^($(echo "$2" | tr ' ' '|'))\$" -E "$data"
}

export ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS="second_deadlock_stack=1 suppressions=$PWD/tests/tsan.supp"
scripts/setup.sh full
under asan "$units"
under tsan "$concurrent"
scripts/fuzz.sh 15
