#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The library holds no symbol under Eigen's public name, so the linker has nothing to merge with a
# user's Eigen, compiled with other flags; and a shared library exports nothing of its private copy.
# Usage: symbols.sh LIBRARY
set -euo pipefail
library=$1
case $library in
  *.a | *.o) symbols=$(nm -C "$library" 2>/dev/null | grep -E '\bEigen::' || true) ;;
  *) symbols=$(nm -DC --defined-only "$library" | grep -E '\bEigen::|\bbochner_eigen::' || true) ;;
esac
[ -z "$symbols" ] || { head -n 20 <<<"$symbols"; exit 1; }
nm -C "$library" 2>/dev/null | grep '\bbochner::' >/dev/null || { echo "$library: no symbols to look at"; exit 1; }
