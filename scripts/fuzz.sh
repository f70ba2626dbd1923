#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds the fuzz targets and runs each of them for SECONDS; fails when one of them finds something.
#   fuzz.sh SECONDS [TARGET...]     (default: all; `layer`, `decoder`, ...)
# What was learnt stays in build-fuzz/corpus/TARGET, what was found in build-fuzz/found/.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:?usage: fuzz.sh SECONDS [TARGET...]}
shift
[ $# -gt 0 ] || set -- layer decoder nested result json text head
build=build-fuzz

cmake --preset fuzz >/dev/null
cmake --build --preset fuzz -j "$(nproc)"
"$build/fuzz/portcullis_fuzz_seeds" "$build/seeds"
python3 tests/fuzz/seeds.py "$build/seeds"

# libarchive asks for as much memory as a header claims before it looks how much there is: what counts is
# the memory that is used. In a worker there is a limit for the former too.
export UBSAN_OPTIONS=print_stacktrace=1 ASAN_OPTIONS=allocator_may_return_null=1
run() { # TARGET
  mkdir -p "$build/corpus/$1" "$build/seeds/$1" "$build/found"
  "$build/fuzz/$1_fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=1000000 \
    -max_len=32768 -print_final_stats=1 -artifact_prefix="$build/found/$1-" "$build/corpus/$1" "$build/seeds/$1" \
    >"$build/$1.log" 2>&1
}

failed=''
running=''
for target in "$@"; do
  run "$target" &
  running="$running $target:$!"
  # As many at a time as there are cores.
  if [ "$(echo $running | wc -w)" -ge "$(nproc)" ]; then
    for one in $running; do wait "${one#*:}" || failed="$failed ${one%:*}"; done
    running=''
  fi
done
for one in $running; do wait "${one#*:}" || failed="$failed ${one%:*}"; done

for target in "$@"; do
  printf 'fuzz: %-8s %s runs\n' "$target" \
    "$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$target.log" | tail -n 1)"
done
for target in $failed; do
  echo "fuzz: $target found something; to see it again: $build/fuzz/${target}_fuzz $build/found/$target-..." >&2
  tail -n 40 "$build/$target.log" >&2
done
[ -z "$failed" ]
