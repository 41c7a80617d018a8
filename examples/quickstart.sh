#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Installs what is missing, builds the release preset, and approximates two real kernel matrices, a regression and
# attention: how wrong the approximation is, and how wrong it was predicted to be. Writes quickstart-report/.
# Usage: bash examples/quickstart.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. src/cmake/packages.sh

require_packages "${bochner_build_packages[@]}"
configure_and_build release build/logs/release.log -DBOCHNER_BUILD_EXAMPLES=ON -DBOCHNER_EXAMPLES=heads
report=quickstart-report
mkdir -p "$report"

# gram NAME FILE TARGET_COLUMN OPTIONS...: errors over 16 to 4096 frequencies, iid beside orthogonal.
gram() {
  local name=$1 file=$2 target=$3 start=$SECONDS
  shift 3
  echo
  echo "$name: $file without its column $target"
  build/release/bin/bochner gram --input "$file" --skip-columns "$target" --frequencies 16:4096 \
    --projection iid,orthogonal --seed 1 --report "$report/$name" "$@" | tee "$report/$name.txt"
  echo "$name: $((SECONDS - start)) s; table and plot in $report/$name/"
}

gram concrete data/concrete.csv compressive_strength --kernel gaussian --lengthscale median \
  --features trigonometric
# The scale of the softmax kernel makes the mean of |x + y|^2 over pairs 0.5.
gram digits data/digits.csv digit --kernel softmax --mean-square-sum 0.5 --features hyperbolic

# Concrete has mixtures that appear more than once: every fifth distinct one is held out, with all its rows.
echo
echo "regression: concrete, every fifth distinct mixture held out; ridge by 5-fold cross-validation"
awk -F, -v out="$report" '
  NR == 1 { print >(out "/train.csv"); print >(out "/test.csv"); next }
  {
    mixture = $0
    sub(/,[^,]*$/, "", mixture)
    if (!(mixture in number)) number[mixture] = count++
    print >(out (number[mixture] % 5 == 0 ? "/test.csv" : "/train.csv"))
  }' data/concrete.csv
build/release/bin/bochner fit --data "$report/train.csv" --target compressive_strength \
  --frequencies 512 --lengthscale median --validate 5-fold -o "$report/concrete.safetensors" --report "$report/fit"
# Linear ridge and exact kernel ridge on the same rows, with the same kernel and ridge, beside it.
build/release/bin/bochner evaluate --data "$report/test.csv" --model "$report/concrete.safetensors" \
  --train "$report/train.csv" --report "$report/regression" | tee "$report/regression.txt"
echo "regression: predicted against true in $report/regression/predicted.svg, the ridge path in $report/fit/path.svg"

# The 1,797 digits as a sequence of tokens of 64 dimensions that attend to each other; the scale makes the mean of
# |q + k|^2 over pairs 10, of which centring leaves 1.9.
echo
echo "attention: every digit attends to all digits, random features beside exact attention"
cut -d, -f1-64 data/digits.csv >"$report/tokens.csv"
build/release/bin/bochner attend --queries "$report/tokens.csv" --keys "$report/tokens.csv" \
  --values "$report/tokens.csv" --mean-square-sum 10 --centre --frequencies 16:512 --compare exact |
  tee "$report/attention.txt"

# Queries, keys and values of two pretrained encoders (data/heads), one head of each.
echo
echo "attention of pretrained heads: error of the output with 256 frequencies, plain, calibrated on the first half of"
echo "the tokens, and with 32 keys to each side weighed exactly"
build/release/examples/example_heads data/heads | tee "$report/heads.txt"
