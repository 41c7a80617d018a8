#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Writes what bench/report.sh measured last into the page of docs/ that has the marks
# `<!-- begin SECTION -->` and `<!-- end SECTION -->`, between these. What stands outside the marks
# is people's.
# Usage: bash bench/document.sh [--quick] [SECTION...]
#   --quick   take the lines of a quick run too
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
allow_quick=no
if [ "${1-}" = --quick ]; then allow_quick=yes; shift; fi
if [ $# -eq 0 ]; then
  for file in build/bench/report/*.txt; do set -- "$@" "$(basename "$file" .txt)"; done
fi

# block FILE: a section's lines as Markdown. Bars become one table, notes that begin with `|` stay
# the tables they are, the other notes are listed below.
block() {
  awk '
    function finish() { if (open) print ""; open = "" }
    /^# section .* took / { next }
    /^# section / { sub(/^# section [^ ]*/, ""); sub(/^, /, ""); run = $0; next }
    /^# machine: / { sub(/^# machine: /, ""); printf "Measured on %s; %s.\n\n", $0, run; next }
    /^# \|/ { sub(/^# /, ""); tables = tables $0 "\n"; last = "table"; next }
    /^#/ { sub(/^# ?/, ""); notes = notes $0 "\n"
           if (last == "table") tables = tables "\n"; last = "note"; next }
    NF >= 4 {
      if (!bars) bars = "| bar | value | asked for | verdict |\n|---|---|---|---|\n"
      remark = ""
      for (i = 5; i <= NF; ++i) remark = remark " " $i
      bars = bars "| `" $1 "` | " $2 " | " $3 " | " $4 (remark ? " (" substr(remark, 2) ")" : "") " |\n"
      if (last == "table") tables = tables "\n"; last = "bar"
    }
    END {
      if (bars) printf "%s\n", bars
      if (tables) printf "%s%s", tables, last == "table" ? "\n" : ""
      if (notes) printf "```\n%s```\n", notes
    }' "$1"
}

for section in "$@"; do
  lines=build/bench/report/$section.txt
  [ -f "$lines" ] || { echo "bench/document.sh: $section has not been measured" >&2; exit 1; }
  if [ $allow_quick = no ] && head -n 1 "$lines" | grep -q ', quick,'; then
    echo "bench/document.sh: the last run of $section was quick" >&2
    exit 1
  fi
  document=$(grep -lx "<!-- begin $section -->" docs/*.md) && [ -f "$document" ] &&
    grep -qx "<!-- end $section -->" "$document" || {
    echo "bench/document.sh: no page, or more than one, has marks for $section" >&2
    exit 1
  }
  block "$lines" >"$lines.md"
  awk -v section="$section" -v file="$lines.md" '
    $0 == "<!-- begin " section " -->" {
      print
      while ((getline line < file) > 0) print line
      skipping = 1
    }
    $0 == "<!-- end " section " -->" { skipping = 0 }
    !skipping' "$document" >"$lines.document"
  cat "$lines.document" >"$document"
  rm "$lines.md" "$lines.document"
  echo "$document: $section"
done
