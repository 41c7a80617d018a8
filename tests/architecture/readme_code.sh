#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Every block of C++ in the README and the pages compiles, each as a function of its own, beside
# what snippets/PAGE.hpp says that its page takes for given. Every line of the README's stands in an
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

# One program, a namespace a page; the compiler names the page's own lines.
program() {
  echo '#include <bochner/bochner.hpp>'
  grep -h '^#include' "$@" | sort -u || true
  local page name
  for page in "$@"; do
    name=$(basename "$page" .md)
    echo "namespace page_$name {"
    [ ! -e "tests/architecture/snippets/$name.hpp" ] ||
      echo "#include \"tests/architecture/snippets/$name.hpp\""
    awk '/^```cpp/ { on = 1; printf "void block_%d() {\n#line %d \"%s\"\n", NR, NR + 1, FILENAME; next }
         /^```/ { if (on) print "}"; on = 0 }
         on { print /^#include/ ? "" : $0 }' "$page"
    echo '}'
  done
}
mapfile -t pages < <(grep -l '^```cpp' README.md docs/*.md)
program "${pages[@]}" |
  "$compiler" -x c++ -std=c++20 -fsyntax-only -I "$root/include" -I "$generated" -I "$root" - || bad=1
exit $bad
