#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The output of a program is a golden file, byte for byte.
# Usage: compare.sh GOLDEN PROGRAM
set -euo pipefail
diff --unified=0 --label "golden: $1" --label "printed: $2" "$1" <("$2")
