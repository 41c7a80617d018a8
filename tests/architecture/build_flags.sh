#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The build sets no instruction set (the engine chooses at run time), allows no fast mathematics and
# fetches nothing. Consumers in the tests and baselines in the benchmarks have their own flags.
# Usage: build_flags.sh ROOT
set -euo pipefail
cd "$1"
! grep -rnE -e '-m(arch|tune|cpu|avx|sse|fma)|-ffast-math|-Ofast|-funsafe-math' \
  -e 'FetchContent|ExternalProject|file\(DOWNLOAD' CMakeLists.txt CMakePresets.json \
  src examples --include='CMakeLists.txt' --include='*.cmake' --include='*.json'
