#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The sampling path, compiled by one compiler without optimisation, with it, and for this very
# machine, prints the golden file (tier A of docs/reproducibility.md). Sanity check of the test
# itself: with contraction of a * b + c allowed, on a machine that has the instruction, it does not.
# Usage: same_bits.sh ROOT GENERATED_INCLUDES LIBRARY COMPILER; 77 when the compiler is not installed.
set -euo pipefail
root=$1 generated=$2 library=$3 compiler=$4
golden=$root/tests/golden/sampling.txt
command -v "$compiler" >/dev/null || { echo "$compiler is not installed: skipped"; exit 77; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
common=(-std=c++20 -fopenmp -ffp-contract=off -DBOCHNER_STATIC_DEFINE
        -I "$root/include" -I "$root/src" -I "$generated")
# What draws is compiled here; the rest (messages, text, kernels' values) comes from the library.
sampling=("$root"/src/random/*.cpp "$root"/src/kernel/scale_law.cpp
          "$root"/src/kernel/{product,expression}_measure.cpp
          "$root"/src/kernel/{product_laplacian,product_cauchy,spectral_mixture}.cpp
          "$root"/src/kernel/power_series.cpp "$root"/src/features/degrees.cpp
          "$root"/src/projection/{rademacher,fourier,count_sketch}.cpp
          "$root"/src/linalg/orthonormal.cpp "$root"/src/projection/{sampling,sobol}.cpp
          "$root"/tests/golden/print_sampling.cpp)

# One translation unit, so that a dozen builds take seconds. What it defines comes before what the
# library has of the same name.
printf '#include "%s"\n' "${sampling[@]}" >"$work/sampling.cpp"
print_with() {
  "$compiler" "${common[@]}" "$@" "$work/sampling.cpp" "$library" -lhwy -lz -Wl,-z,muldefs -o "$work/print_sampling"
  "$work/print_sampling"
}

bad=0
for flags in -O0 -O2 '-O3 -fno-math-errno' '-O3 -march=native'; do
  # shellcheck disable=SC2086 # several flags
  if print_with $flags >"$work/printed"; then
    diff --brief "$golden" "$work/printed" >/dev/null || {
      bad=1
      echo "$compiler $flags prints other bits:"
      diff --unified=0 "$golden" "$work/printed" | head -n 10 || true
    }
  else
    bad=1
    echo "$compiler $flags does not compile or run"
  fi
done

if grep -qw fma /proc/cpuinfo && print_with -O3 -march=native -ffp-contract=fast >"$work/printed" &&
  diff --brief "$golden" "$work/printed" >/dev/null; then
  bad=1
  echo "$compiler: contraction went unnoticed, so this test sees nothing"
fi
exit $bad
