#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Every tag like [Rahimi07] or [Choromanski21, lemma 1] in code and documents has an entry in
# docs/bibliography.md.
# Usage: bibliography.sh ROOT
set -euo pipefail
cd "$1"
bad=0
entries=$(grep -oE '^- \[[A-Za-z]+[0-9]{2}[a-z]?\]' docs/bibliography.md | tr -d '[] -' | sort -u || true)
used=$(grep -rhoE '\[[A-Z][A-Za-z]+[0-9]{2}[a-z]?\b[^]]*\]' src include docs examples README.md |
  grep -oE '\b[A-Z][a-z][A-Za-z]*[0-9]{2}[a-z]?\b' | sort -u)
for tag in $used; do
  grep -qx "$tag" <<<"$entries" || { echo "[$tag] has no entry in docs/bibliography.md"; bad=1; }
done
[ -n "$used" ] || { echo "no tag found: the pattern is wrong"; bad=1; }
exit $bad
