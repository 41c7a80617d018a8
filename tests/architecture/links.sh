#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Every relative link in a document, and every docs/ path that a source file names, leads somewhere.
# The package's page, which package indexes show without the repository, has none.
# Usage: links.sh ROOT
set -euo pipefail
cd "$1"
bad=0
missing() { echo "$1: no such file: $2"; bad=1; }
while IFS=: read -r file target; do
  target=${target#](}; target=${target%)}; target=${target%%#*}
  [ -z "$target" ] || [ -e "$(dirname "$file")/$target" ] || missing "$file" "$target"
done < <(find . -name '*.md' -not -path './build*' -not -path './.git/*' -print0 |
  xargs -0 grep -HoE '\]\([^)]*\)' | grep -vE '\]\((https?|mailto):')
while IFS=: read -r file target; do
  [ -e "$target" ] || missing "$file" "$target"
done < <(grep -rHoE 'docs/[A-Za-z0-9_/-]+\.md' src include tests examples --include='*.[ch]pp')
page=$(sed -n 's/^readme = "\(.*\)"$/\1/p' pyproject.toml)
[ -f "$page" ] || { echo "pyproject.toml: no such readme: '$page'"; exit 1; }
if grep -nE '\]\(' "$page" | grep -vE '\]\((https?|mailto):'; then
  echo "$page: a relative link, which an index of packages cannot follow"
  bad=1
fi
exit $bad
