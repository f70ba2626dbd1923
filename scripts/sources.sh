#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Our own C++ files, a line each.
cd "$(dirname "$0")/.."
find include src tests -name '*.hpp' -o -name '*.cpp' | sort
