#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Every public header compiles alone, without a warning, with nothing but the installed headers.
# Usage: public_headers.sh ROOT GENERATED_INCLUDE COMPILER...
set -euo pipefail
root=$1 generated=$2
shift 2

compile() {
  local source="#include <bochner/$2>" language=c++ standard=c++20
  case $2 in *.h) language=c standard=c11 ;; esac
  echo "$source" | "$1" -x "$language" -std="$standard" -fsyntax-only \
    -Wall -Wextra -Wconversion -Wshadow -Werror \
    -I "$root/include" -I "$generated" -isystem /usr/include/eigen3 - ||
    { echo "$2 does not compile alone with $1"; return 1; }
}
export -f compile
export root generated

headers=$({ cd "$root/include/bochner" && find . -name '*.hpp' -o -name '*.h'
            cd "$generated/bochner" && find . -name '*.hpp'; } | sed 's|^\./||' | sort)
for compiler in "$@"; do
  for header in $headers; do printf '%s\0%s\0' "$compiler" "$header"; done
done | xargs -0 -n 2 -P "$(nproc)" bash -c 'compile "$@"' _
