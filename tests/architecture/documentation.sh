#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Doxygen reads every public header and every page without a warning.
# Usage: documentation.sh ROOT OUTPUT
set -euo pipefail
command -v doxygen >/dev/null || { echo "doxygen is not installed (Debian package doxygen)"; exit 77; }
cd "$1"
mkdir -p "$2"
{ cat docs/Doxyfile; echo "OUTPUT_DIRECTORY = $2"; } | doxygen - >"$2/log" 2>&1 || { tail -n 40 "$2/log"; exit 1; }
