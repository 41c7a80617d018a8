#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Installs what is missing, builds the benchmarks, measures.
# Usage: bash bench/report.sh [--quick] [--resume] [--json FILE] [SECTION...]
#   SECTION   a folder of bench/ with a `programs` file (engine, variance, ...); without any, all
#   --quick   minutes instead of most of an hour: fewer pairs, smaller studies
#   --resume  sections that this commit has been measured for are printed again, not run again
#   --json    the same lines for machines
# Prints `name value bar verdict` for each bar (verdict `holds` or `short`, remarks behind it); other
# lines start with `#`. Each section's lines stay in build/bench/report/SECTION.txt, from where
# bench/document.sh takes them into the pages of docs/. The exit status is 0 when every program ran.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
. src/cmake/packages.sh

quick=() resume=no json='' sections=()
while [ $# -gt 0 ]; do
  case $1 in
    --quick) quick=(--quick) ;;
    --resume) resume=yes ;;
    --json)
      [ $# -gt 1 ] || { echo "bench/report.sh: --json needs a file" >&2; exit 2; }
      json=$2
      shift
      ;;
    -*)
      sed -n '5,9s/^# //p' bench/report.sh >&2
      exit 2
      ;;
    *)
      [ -f "bench/$1/programs" ] || {
        echo "bench/report.sh: no section $1; there are:" bench/*/programs >&2
        exit 2
      }
      sections+=("$1")
      ;;
  esac
  shift
done
if [ ${#sections[@]} -eq 0 ]; then
  for file in bench/*/programs; do sections+=("$(basename "$(dirname "$file")")"); done
fi

# What others set for their own runs would decide what is compared here.
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE OPENBLAS_NUM_THREADS OMP_NUM_THREADS GOTO_NUM_THREADS \
  MKL_NUM_THREADS BOCHNER_ISA

# lines_of FILE: it without comments and empty lines.
lines_of() { if [ -f "$1" ]; then grep -vE '^\s*(#|$)' "$1"; fi; }

packages=("${bochner_build_packages[@]}")
for section in "${sections[@]}"; do
  mapfile -t -O ${#packages[@]} packages < <(lines_of "bench/$section/packages")
done
require_packages "${packages[@]}" 2>&1 | sed 's/^/# /'
configure_and_build bench build/logs/bench.log 2>&1 | sed 's/^/# /'
[ "${PIPESTATUS[0]}" -eq 0 ] || exit 1

commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
[ -z "$(git status --porcelain 2>/dev/null)" ] || commit+=+
# cache NAME: a size from the kernel's own listing, of the first core.
cache() { cat "/sys/devices/system/cpu/cpu0/cache/index$1/size" 2>/dev/null || echo '?'; }
machine="$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -n 1)\
 (family $(sed -n 's/^cpu family\s*: //p' /proc/cpuinfo | head -n 1),\
 model $(sed -n 's/^model\s*: //p' /proc/cpuinfo | head -n 1)), $(nproc) cores,\
 L1d $(cache 0), L2 $(cache 2), L3 $(cache 3); $(c++ --version | head -n 1)"

title() { echo "# section $1${quick[*]:+, quick}, commit $commit"; }

# measure SECTION: its lines to stdout; 1 when a program failed.
measure() {
  local command failed=0 start=$SECONDS
  echo "$(title "$1"), $(date -u +%F)"
  echo "# machine: $machine"
  while IFS= read -r command <&3; do
    # A program that hangs must not hold up the others.
    if ! PATH=$PWD/build/bench/bench:$PATH timeout 1800 bash -c "$command ${quick[*]-}" </dev/null; then
      echo "# $1: failed: $command"
      failed=1
    fi
  done 3< <(lines_of "bench/$1/programs")
  echo "# section $1 took $((SECONDS - start)) s"
  return $failed
}

results=build/bench/report
mkdir -p $results
failed=0
for section in "${sections[@]}"; do
  if [ $resume = yes ] && [ "${commit%+}" = "$commit" ] &&
    head -n 1 "$results/$section.txt" 2>/dev/null | grep -qF "$(title "$section"),"; then
    cat "$results/$section.txt"
    continue
  fi
  if measure "$section" | tee "$results/$section.part"; then
    mv "$results/$section.part" "$results/$section.txt"
  else
    failed=1
  fi
done

if [ -n "$json" ]; then
  for section in "${sections[@]}"; do
    awk -v section="$section" '!/^#/ && NF >= 4 { print section, $0 }' "$results/$section.txt"
  done 2>/dev/null | awk -v machine="$machine" -v commit="$commit" '
    function quoted(text) { gsub(/["\\]/, "\\\\&", text); return "\"" text "\"" }
    BEGIN { printf "{\"machine\": %s, \"commit\": %s, \"bars\": [", quoted(machine), quoted(commit) }
    {
      remark = ""
      for (i = 6; i <= NF; ++i) remark = remark (i > 6 ? " " : "") $i
      printf "%s\n  {\"section\": %s, \"name\": %s, \"value\": %s, \"bar\": %s, \"verdict\": %s, \"remark\": %s}",
        (NR > 1 ? "," : ""), quoted($1), quoted($2), ($3 ~ /^[-+0-9.e]+$/ ? $3 : "null"),
        quoted($4), quoted($5), quoted(remark)
    }
    END { print "\n]}" }' >"$json"
fi
exit $failed
