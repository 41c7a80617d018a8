#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# `bochner fit` on several ranks against one process.
# Usage: fit.sh BOCHNER FOLDER CSV MPIRUN...
#   CSV      the data of the README's quickstart, with a header
#   MPIRUN   the launcher, up to the number of ranks
set -euo pipefail
bochner=$1 folder=$2 data=$3
shift 3
launcher=("$@")
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"

fail() { echo "fit.sh: $*" >&2; exit 1; }

# cut_into PARTS CSV NAME: NAME-0.csv, NAME-1.csv, ... of uneven lengths, with the header each.
cut_into() {
  awk -v parts="$1" -v name="$3" '
    NR == 1 { header = $0; next }
    { part = int(parts * ((NR - 2) / 1030) ^ 1.5); if (part >= parts) part = parts - 1
      file = name "-" part ".csv"
      if (!(file in begun)) { print header > file; begun[file] = 1 }
      print > file }' "$2"
}

# on RANKS OPTIONS...: a fit by so many ranks; what is said goes to `said`.
on() {
  local ranks=$1
  shift
  "${launcher[@]}" "$ranks" "$bochner" fit "$@" >said 2>&1
}

# require_alike MODEL MODEL TOLERANCE [OPTION]: the last column of predictions, over the largest.
require_alike() {
  for model in "$1" "$2"; do
    "$bochner" predict --model "$model" --data "$data" --output "$model.csv" "${@:4}" >/dev/null
  done
  paste -d, "$1.csv" "$2.csv" | awk -F, -v most="$3" '
    NR == 1 { next }
    { first = $(NF / 2); second = $NF
      d = first - second; if (d < 0) d = -d; if (d > error) error = d
      v = second < 0 ? -second : second; if (v > size) size = v }
    END { if (NR < 100 || !(error <= most * size)) { print "error " error " of " size; exit 1 } }' ||
    fail "$1 and $2 differ"
}

# refused STATUS RANKS TEXT OPTIONS...: a fit that ends so with one message, which holds the text.
refused() {
  local status=$1 ranks=$2 text=$3 found=0
  shift 3
  rm -f none.safetensors
  on "$ranks" "$@" --output none.safetensors || found=$?
  [ "$found" -eq "$status" ] || { cat said; fail "status $found, expected $status: $text"; }
  [ "$(grep -c '^bochner' said)" -eq 1 ] || { cat said; fail "not one message: $text"; }
  if grep -q '^bochner fit: fit' said; then cat said; fail "the command's name twice: $text"; fi
  grep -q "^bochner fit: .*$text" said || { cat said; fail "not said: $text"; }
  [ ! -e none.safetensors ] || fail "a model of a fit that failed: $text"
}

target=(--target compressive_strength --frequencies 64)
given=("${target[@]}" --lengthscale 3 --ridge 1e-6)

"$bochner" fit --data "$data" "${given[@]}" --output one.safetensors >/dev/null
"$bochner" fit --data "$data" "${target[@]}" --output searched.safetensors >/dev/null
for ranks in 1 2 3 4; do
  cut_into $ranks "$data" "part$ranks"
  on $ranks --data "part$ranks-*.csv" "${given[@]}" --output "on$ranks.safetensors"
  [ "$(grep -c '^model ' said)" -eq 1 ] || fail "not one report"
  require_alike one.safetensors "on$ranks.safetensors" 1e-8
done
# Errors over draws of the frequencies, from the sums of all.
"$bochner" fit --data "$data" "${given[@]}" --feature-errors --output errors.safetensors >/dev/null
on 3 --data 'part3-*.csv' "${given[@]}" --feature-errors --output errors3.safetensors
require_alike errors.safetensors errors3.safetensors 1e-8 --feature-error
# One process is an ordinary fit, of a file whose name is a pattern, too.
cp part1-0.csv 'odd[1].csv'
cp part2-0.csv odd1.csv
on 1 --data 'odd[1].csv' "${given[@]}" --report report --output odd.safetensors
cmp one.safetensors odd.safetensors || fail "one process is no ordinary fit"
[ -e report/report.json ] || fail "no report of one process"

# As much a function of the files as one process is.
on 3 --data 'part3-*.csv' "${given[@]}" --output again.safetensors
cmp on3.safetensors again.safetensors || fail "other bits"
on 4 --data 'part4-*.csv' "${target[@]}" --output on4s.safetensors
require_alike searched.safetensors on4s.safetensors 1e-4
on 2 --data 'part2-*.csv' "${given[@]}" --weights age --precision double --output w2.safetensors
"$bochner" fit --data "$data" "${given[@]}" --weights age --precision double \
  --output w1.safetensors >/dev/null
require_alike w1.safetensors w2.safetensors 1e-8

# A column that is constant in each file, and not in all of them.
sorted=sorted.csv
{ head -n 1 "$data"; tail -n +2 "$data" | sort -t, -k3,3g; } >$sorted
awk -F, 'NR == 1 { h = $0; next } { f = $3 == 0 ? "ash-0.csv" : "ash-1.csv"
  if (!(f in b)) { print h > f; b[f] = 1 } if ($3 > 0) $3 = 100; OFS = ","; print > f }' $sorted
{ cat ash-0.csv; tail -n +2 ash-1.csv; } >ash.csv
"$bochner" fit --data ash.csv "${given[@]}" --output ash1.safetensors >/dev/null
on 2 --data 'ash-?.csv' "${given[@]}" --output ash2.safetensors
require_alike ash1.safetensors ash2.safetensors 1e-8

# A wrong part is seen: the first file twice in place of two.
cp part2-0.csv twice-0.csv
cp part2-0.csv twice-1.csv
on 2 --data 'twice-*.csv' "${given[@]}" --output twice.safetensors
if (require_alike one.safetensors twice.safetensors 1e-4) 2>/dev/null; then fail "a twin passed"; fi

# More rows than a search holds: each file gives its share of them.
awk 'BEGIN { srand(7); for (p = 0; p < 2; ++p) { f = "long-" p ".csv"; print "x,y" > f
  for (i = 0; i < 40000 + 20000 * p; ++i) { x = rand() + 3 * p; print x "," sin(x) > f } } }'
{ cat long-0.csv; tail -n +2 long-1.csv; } >long.csv
scale() { sed -n 's/^map .*lengthscale=\([0-9.]*\).*/\1/p' "$1"; }
long=(--target y --frequencies 16 --ridge 1e-6 --lengthscale median)
"$bochner" fit --data long.csv "${long[@]}" --output long1.safetensors >alone
on 2 --data 'long-*.csv' "${long[@]}" --output long2.safetensors
awk -v a="$(scale alone)" -v b="$(scale said)" \
  'BEGIN { exit !(a > 0 && b > 0.97 * a && b < 1.03 * a) }' ||
  fail "lengthscales $(scale alone) and $(scale said)"

refused 1 3 'names 2 files, expected 3 (one per rank)' --data 'part2-*.csv' "${given[@]}"
refused 1 2 'names 0 files, expected 2 (one per rank)' --data 'absent-*.csv' "${given[@]}"
cp part2-0.csv bad-0.csv
sed '5s/^[^,]*/nothing/' part2-1.csv >bad-1.csv
refused 1 2 'rank 1: bad-1.csv: .*nothing' --data 'bad-*.csv' "${given[@]}"
head -n 1 part2-0.csv >empty-0.csv
cp part2-1.csv empty-1.csv
refused 1 2 'rank 0: empty-0.csv' --data 'empty-*.csv' "${given[@]}"
cp part2-0.csv other-0.csv
sed '1s/cement/lime/' part2-1.csv >other-1.csv
refused 1 2 'the list of columns is 1 cement.* on rank 0 and 1 lime' --data 'other-*.csv' "${given[@]}"
mkdir a b
cp part2-0.csv a/x.csv; cp part2-1.csv a/y.csv
cp part2-0.csv b/w.csv; cp part2-1.csv b/x.csv
in_folder() { echo "cd $1 && exec '$bochner' fit --data '?.csv' ${given[*]} --output model.safetensors"; }
status=0
"${launcher[@]}" 1 bash -c "$(in_folder a)" : "${launcher[@]:1}" 1 bash -c "$(in_folder b)" >said 2>&1 ||
  status=$?
[ $status -eq 1 ] || { cat said; fail "status $status of other files"; }
grep -q '^bochner fit: the list of files is x.csv, y.csv on rank 0 and w.csv, x.csv on rank 1' said ||
  { cat said; fail "other files"; }
parts=(--data 'part2-*.csv')
# Memory that one rank alone lacks ends all of them, in time.
wide="'$bochner' fit --data 'part2-*.csv' --target compressive_strength --frequencies 1024 \
  --lengthscale 3 --ridge 1e-3 --output wide.safetensors"
for kib in 300000 255000 200000; do
  status=0
  timeout 60 "${launcher[@]}" 1 bash -c "exec $wide" : \
    "${launcher[@]:1}" 1 bash -c "ulimit -v $kib; exec $wide" >said 2>&1 || status=$?
  [ $status -ne 0 ] && [ $status -ne 124 ] || { cat said; fail "status $status without memory"; }
  [ "$(grep -c '^bochner fit: .*rank 1: ' said)" -eq 1 ] || { cat said; fail "no word of memory"; }
  [ ! -e wide.safetensors ] || fail "a model without memory"
done
refused 2 2 'classes are not offered' "${parts[@]}" "${target[@]}" --task classify
refused 2 2 'groups are not offered' "${parts[@]}" "${target[@]}" --groups age
refused 2 2 'the solver is cholesky' "${parts[@]}" "${given[@]}" --solver iterative
refused 2 2 'no checkpoints to go on from' "${parts[@]}" "${given[@]}" --resume
refused 2 2 'a fit is not studied' "${parts[@]}" "${given[@]}" --report report
refused 2 2 'expected.*ridge\|--ridge' "${parts[@]}" "${target[@]}" --ridge many
echo "fit.sh: ok"
