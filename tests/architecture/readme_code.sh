#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Every block of C++ in the README, the pages and the docstrings of public headers compiles, each as
# a function of its own: one of a page beside what snippets/PAGE.hpp says that the page takes for
# given, one of a docstring with nothing but the library. Every line of the README's stands in an
# example, too, which the tests build and run.
# Usage: readme_code.sh ROOT GENERATED_INCLUDE COMPILER
set -euo pipefail
root=$1 generated=$2 compiler=$3
cd "$root"
bad=0
code=$(awk '/^```cpp/ { on = 1; next } /^```/ { on = 0 } on && NF' README.md)
[ -n "$code" ] || { echo "README.md shows no C++"; exit 1; }
while IFS= read -r line; do
  sed 's/^ *//' examples/*.cpp | grep -xF -- "$(sed 's/^ *//' <<<"$line")" >/dev/null ||
    { echo "in no example: $line"; bad=1; }
done <<<"$code"

# A page as it is; of a header its docstrings, on the lines where they stand.
text() {
  case $1 in
  *.hpp) sed -E 's|^ */// ?||; t; s|.*||' "$1" ;;
  *) cat "$1" ;;
  esac
}

# One program, a namespace per page; the compiler names the page's own lines. Docstrings speak from
# inside the library's namespace.
program() {
  echo '#include <bochner/bochner.hpp>'
  local page name
  for page in "$@"; do text "$page" | grep '^#include' || true; done | sort -u
  for page in "$@"; do
    name=$(basename "$page" .md)
    echo "namespace page_${page//[^A-Za-z0-9]/_} {"
    case $page in *.hpp) echo 'using namespace bochner;' ;; esac
    [ ! -e "tests/architecture/snippets/$name.hpp" ] ||
      echo "#include \"tests/architecture/snippets/$name.hpp\""
    text "$page" | awk -v page="$page" '
      /^```cpp/ { on = 1; printf "void block_%d() {\n#line %d \"%s\"\n", NR, NR + 1, page; next }
      /^```/ { if (on) print "}"; on = 0 }
      on { print /^#include/ ? "" : $0 }'
    echo '}'
  done
}
mapfile -t pages < <(grep -l '^```cpp' README.md docs/*.md
                     grep -rlE --include='*.hpp' '^ */// ```cpp' include | sort)
program "${pages[@]}" |
  "$compiler" -x c++ -std=c++20 -fsyntax-only -I "$root/include" -I "$generated" -I "$root" - || bad=1
exit $bad
