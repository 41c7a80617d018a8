#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# bochner/bochner.hpp brings every public header but the Eigen adaptor and the C interface.
# Usage: umbrella.sh ROOT GENERATED_INCLUDE COMPILER
set -euo pipefail
root=$1 generated=$2 compiler=$3
reached=$(echo '#include <bochner/bochner.hpp>' |
  "$compiler" -x c++ -std=c++20 -I "$root/include" -I "$generated" -MM - | grep -oE 'bochner/[a-z_/]+\.hpp' |
  sort -u)
missing=$(cd "$root/include" && find bochner -name '*.hpp' ! -path bochner/eigen.hpp | sort |
  comm -23 - <(echo "$reached") | sed 's|^|include/|')
[ -z "$missing" ] || { printf 'bochner/bochner.hpp does not bring:\n%s\n' "$missing"; exit 1; }
