#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Doxygen reads every public header and every page without a warning.
# Usage: documentation.sh [ROOT [OUTPUT]]     (default: this repository, a directory that is removed)
set -euo pipefail
root=${1:-$(dirname "${BASH_SOURCE[0]}")/../..}
output=${2:-}
if [ -z "$output" ]; then
  output=$(mktemp -d)
  trap 'rm -rf "$output"' EXIT
fi
mkdir -p "$output"
output=$(cd "$output" && pwd)
command -v doxygen >/dev/null || { echo "doxygen is not installed (Debian package doxygen)"; exit 77; }
cd "$root"
{ cat docs/Doxyfile; echo "OUTPUT_DIRECTORY = $output"; } | doxygen - >"$output/log" 2>&1 || { tail -n 40 "$output/log"; exit 1; }
