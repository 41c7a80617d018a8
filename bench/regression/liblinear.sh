#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# LIBLINEAR on the features of `bochner features` beside a support vector machine with the same Gaussian
# kernel (LIBSVM), on satellite: 4,435 rows to learn from, 2,000 to count errors on, 512 frequencies, median
# lengthscale. Prints `liblinear_satellite POINTS <=1.5 VERDICT`: by how many points of accuracy the linear
# learner stays behind.
# Usage: liblinear.sh BOCHNER DATA [--quick]     (DATA: where fetch.sh wrote satellite.csv)
set -euo pipefail
bochner=$(realpath "$1")
data=$(realpath "$2")/satellite.csv
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
cost=10

# Columns in units of their standard deviations over the training part; classes as numbers from 1, in the
# order of their names.
tail -n +2 "$data" | cut -d, -f37 | LC_ALL=C sort -u >classes
awk -F, -v OFS=, '
  FILENAME == "classes" { number[$0] = FNR; next }
  FNR == 1 { for (j = 1; j < NF; ++j) head = head "x" j ","; next }
  {
    ++n
    for (j = 1; j < NF; ++j) {
      x[n, j] = $j
      if (n <= 4435) { sum[j] += $j; square[j] += $j * $j }
    }
    class[n] = number[$NF]
    columns = NF - 1
  }
  END {
    for (i = 1; i <= n; ++i) {
      name = i <= 4435 ? "train" : "test"
      if (i == 1 || i == 4436) print head "class" >(name ".csv")
      line = ""
      text = class[i]
      for (j = 1; j <= columns; ++j) {
        mean = sum[j] / 4435
        z = (x[i, j] - mean) / sqrt(square[j] / 4435 - mean * mean)
        line = line sprintf("%.9g,", z)
        text = text sprintf(" %d:%.9g", j, z)
      }
      print line class[i] >(name ".csv")
      print text >(name ".svm")
    }
  }' classes "$data"

"$bochner" fit --data train.csv --target class --task classify --frequencies 512 --lengthscale median \
  --ridge 1e-5 -o model --json >report.json
for part in train test; do
  "$bochner" features --data $part.csv --model model -o $part.features
done
liblinear-train -q -s 2 -c $cost train.features linear.model
ours=$(liblinear-predict test.features linear.model ignored | sed -n 's/^Accuracy = \([0-9.]*\)%.*/\1/p')

# exp(-|x - y|^2 / (2 l^2)) is exp(-gamma |x - y|^2).
lengthscale=$(sed -n 's/.*lengthscale=\([0-9.e+-]*\).*/\1/p' report.json | head -n 1)
gamma=$(awk -v l="$lengthscale" 'BEGIN { printf "%.12g", 1 / (2 * l * l) }')
svm-train -q -t 2 -g "$gamma" -c $cost -m 500 train.svm kernel.model
theirs=$(svm-predict test.svm kernel.model ignored | sed -n 's/^Accuracy = \([0-9.]*\)%.*/\1/p')
awk -v ours="$ours" -v theirs="$theirs" 'BEGIN {
  behind = theirs - ours
  printf "liblinear_satellite %.2f <=1.5 %s points: LIBLINEAR on features %.2f %%, svm-train -t 2 %.2f %%\n",
    behind, (behind <= 1.5 ? "holds" : "short"), ours, theirs }'
