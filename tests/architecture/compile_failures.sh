#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# An alternative of a registry that lacks a member does not compile, and the error names the member.
# Usage: compile_failures.sh ROOT GENERATED_INCLUDE COMPILER...
set -euo pipefail
root=$1 generated=$2
shift 2

# compiles COMPILER FILE [DEFINITION]
compiles() {
  "$1" -std=c++20 -fsyntax-only ${3:+"-D$3"} -I "$root/include" -I "$generated" -I "$root/src" "$2" 2>&1
}

# refused COMPILER FILE MEMBER: without it, the file is refused with a word on it. MEMBER `-`: the
# file as it is compiles.
refused() {
  local output
  if [ "$3" = - ]; then
    output=$(compiles "$1" "$2") || { echo "$output"; echo "$2 does not compile with $1"; return 1; }
    return 0
  fi
  if output=$(compiles "$1" "$2" "WITHOUT_$3"); then
    echo "$2 compiles without $3 with $1"
    return 1
  fi
  local word=$3
  [ "$word" != operator ] || word=equality_comparable
  grep -qwE "$word" <<<"$output" || { echo "$1 does not name $3: $output" | head -n 20; return 1; }
}
export -f compiles refused
export root generated

for compiler in "$@"; do
  for file in "$root"/tests/architecture/alternatives/*.cpp; do
    for member in - $(grep -oE 'ifndef WITHOUT_[a-z_]+' "$file" | sed 's/.*WITHOUT_//' | sort -u); do
      printf '%s\0%s\0%s\0' "$compiler" "$file" "$member"
    done
  done
done | xargs -0 -n 3 -P "$(nproc)" bash -c 'refused "$@"' _
