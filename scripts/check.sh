#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Format, arrows and lints; `check.sh all` lints every file, else only those that git sees as changed.
set -eu
cd "$(dirname "$0")/.."
build=build

scripts/sources.sh | xargs clang-format --dry-run -Werror
echo "format: fine"

cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release >/dev/null
cmake --build "$build" -j "$(nproc)" --target portcullis portcullis_architecture_test
"$build/tests/portcullis_architecture_test" --gtest_brief=1
echo "arrows: fine"

if [ "${1:-}" = all ]; then
  files=$(find src tests -name '*.cpp' | sort)
else
  files=$({ git diff --name-only --diff-filter=d HEAD -- 'src/*.cpp' 'tests/*.cpp' &&
    git ls-files --others --exclude-standard -- 'src/*.cpp' 'tests/*.cpp'; } | sort -u)
fi
if [ -n "$files" ]; then
  # Of the dev build only the commands are needed: clang does not take g++'s precompiled headers.
  cmake --preset dev >/dev/null
  printf '%s\n' "$files" | xargs -P "$(nproc)" -n 4 clang-tidy -p build-dev --quiet \
    --extra-arg=-Wno-unknown-warning-option
fi
echo "lints: fine"
