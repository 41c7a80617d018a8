#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Every line of C++ in the README stands in an example, which the tests build and run.
# Usage: readme_code.sh ROOT
set -euo pipefail
cd "$1"
bad=0
code=$(awk '/^```cpp/ { on = 1; next } /^```/ { on = 0 } on && NF' README.md)
[ -n "$code" ] || { echo "README.md shows no C++"; exit 1; }
while IFS= read -r line; do
  sed 's/^ *//' examples/*.cpp | grep -xF -- "$(sed 's/^ *//' <<<"$line")" >/dev/null ||
    { echo "in no example: $line"; bad=1; }
done <<<"$code"
exit $bad
