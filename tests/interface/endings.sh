#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Every command ends, or has said how long it will take: runs the command lines of the documentation
# and variants of their numbers, each with a minute of processor time. A run that is stopped without
# an estimate, or that crashes, is printed; so is a documented one that is refused.
# Usage: endings.sh PROGRAM ROOT [COUNT|all] [SEED]
#   COUNT  runs to draw (default 40), in at most two minutes; all: every command line of the
#          documentation and 200 variants, however long that takes
set -euo pipefail
program=$(realpath "$1") root=$(cd "$2" && pwd) count=${3-40} seed=${4-1}
variants=200 processor_seconds=60 suite_seconds=120

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
mkdir files
cd files
cp -r "$root/data" data

# The files that the examples speak of.
table() { # ROWS COLUMNS...
  awk -v rows="$1" -v header="$2" 'BEGIN { srand(7); print header; n = split(header, names, ",")
    for (i = 0; i < rows; ++i) { line = ""
      for (c = 1; c <= n; ++c) {
        cell = names[c] == "species" ? int(3 * rand()) : sprintf("%.4f", 2 * rand() - 1)
        line = line (c > 1 ? "," : "") cell }
      print line } }'
}
array() { table "$1" "$2" | tail -n +2; }
for name in train test new; do table 300 "a,b,c,price,species" >$name.csv; done
array 200 "a,b,c,d,e,f" >pairs.csv
for name in Q K V; do array 256 "a,b,c,d,e,f,g,h" >$name.npy; done
"$program" fit --data train.csv --target price --skip-columns species --frequencies 64 --intervals 10-fold \
  --lengthscale 1 --ridge 1 -o model.safetensors >/dev/null
"$program" fit --data train.csv --target species --task classify --loss logistic --frequencies 64 \
  --lengthscale 1 --ridge 1 -o classifier.safetensors >/dev/null
cd ..

# Command lines inside blocks of code, continued lines joined, remarks taken off.
for page in "$root/README.md" $(find "$root/docs" -name '*.md' | sort); do
  awk '/^ *```/ { inside = !inside; next } inside' "$page"
done | sed -e ':a' -e '/\\$/N; s/\\\n/ /; ta' | grep -E '^ *(\$ )?bochner ' |
  sed -E -e 's/^ *(\$ )?bochner +//' -e 's/ +#.*$//' -e 's/[[:space:]]+/ /g' | sort -u >documented
# Probabilities are those of a classifier, which has the name of every other model there.
# `study` is a command of the Python package.
grep -vE '[|<>;&`$]|\.\.\.|^study ' documented |
  sed '/--probabilities/s/model\.safetensors/classifier.safetensors/' >commands

# One number of a command becomes another one.
awk -v seed="$seed" -v variants="$variants" '
  { lines[NR] = $0 }
  END {
    srand(seed)
    split("0 -1 0.001 0.5 3 10 1000 1e6 1e10 1e300 nan 1e-300 7", values, " ")
    for (made = 0; made < variants && tries < 100 * variants; ++tries) {
      line = lines[1 + int(rand() * NR)]
      n = split(line, parts, /[ ,:]/)
      numbers = 0
      for (p = 1; p <= n; ++p) if (parts[p] ~ /^[0-9.]+(e[0-9-]+)?$/) spots[++numbers] = parts[p]
      if (numbers == 0) continue
      old = spots[1 + int(rand() * numbers)]
      gsub(/\./, "[.]", old)
      value = values[1 + int(rand() * 13)]
      if (match(line, "[ ,:]" old "([ ,:]|$)")) {
        last = substr(line, RSTART + RLENGTH - 1, 1)
        print substr(line, 1, RSTART) value (last ~ /[ ,:]/ ? last : "") substr(line, RSTART + RLENGTH)
        ++made
      }
    }
  }' commands >varied

{ sed 's/^/documented /' commands; sed 's/^/varied /' varied; } >runs
if [ "$count" != all ]; then
  awk -v seed="$seed" 'BEGIN { srand(seed) } { print rand() "\t" $0 }' runs | sort -n | cut -f2- |
    awk -v count="$count" 'NR <= count' >drawn
  mv drawn runs
fi

bad=0 done=0
while read -r origin line; do
  if [ "$count" != all ] && [ $SECONDS -gt $suite_seconds ]; then break; fi
  status=0
  # As if it were the first: no run finds what another left.
  rm -rf here
  cp -r files here
  (
    cd here
    ulimit -S -t $processor_seconds -v 8000000
    export OMP_NUM_THREADS=1
    # shellcheck disable=SC2086
    exec timeout 600 "$program" $line
  ) </dev/null >out 2>err || status=$?
  done=$((done + 1))
  case $origin:$status in
    *:0 | varied:[12]) continue ;;
    documented:[12]) ;;
    *) if grep -q 'will take about' err; then continue; fi ;;
  esac
  echo "status $status: bochner $line: $(head -c 300 err)"
  bad=$((bad + 1))
done <runs
# Few would mean that they were not found.
[ "$(wc -l <commands)" -ge 15 ]
echo "$done commands of $(wc -l <commands) documented and $(wc -l <varied) varied, $bad did not end well"
[ "$done" -gt 0 ] && [ "$bad" = 0 ]
