#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The library holds no symbol under the public name of a header-only library that it uses, so the
# linker has nothing to merge with a user's copy, compiled with other flags; and a shared library
# exports nothing of its private copies.
# Usage: symbols.sh LIBRARY
set -euo pipefail
library=$1
case $library in
  *.a | *.o) symbols=$(nm -C "$library" 2>/dev/null | grep -E '\b(Eigen|nlohmann)::' || true) ;;
  *) symbols=$(nm -DC --defined-only "$library" | grep -E '\b(Eigen|nlohmann|bochner_eigen|bochner_nlohmann)::' || true) ;;
esac
[ -z "$symbols" ] || { head -n 20 <<<"$symbols"; exit 1; }
nm -C "$library" 2>/dev/null | grep '\bbochner::' >/dev/null || { echo "$library: no symbols to look at"; exit 1; }
