#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# One file holds OpenMP pragmas.
# Usage: openmp_pragmas.sh ROOT
set -euo pipefail
cd "$1"
found=$(grep -rlE '^[[:space:]]*#[[:space:]]*pragma[[:space:]]+omp|_Pragma\("omp' src include | sort)
[ "$found" = src/core/parallel.cpp ] || { printf 'OpenMP pragmas in:\n%s\n' "$found"; exit 1; }
