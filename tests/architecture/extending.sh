#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Adds a kernel, a projection, a feature function and a sub-command to a copy of the tree as
# docs/extending says: the files of tests/architecture/extending and one line in each registry. The
# copy must build, its property tests must pass, and the command line must know the new names.
# Usage: extending.sh ROOT COMPILER
set -euo pipefail
root=$(cd "$1" && pwd) compiler=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
tree=$scratch/tree
mkdir "$tree"
tar -C "$root" --exclude='./build*' --exclude=./.git -cf - . | tar -C "$tree" -xf -
cp -r "$tree" "$scratch/before"
cp -r "$root"/tests/architecture/extending/. "$tree"

# register FILE AFTER LINE: puts LINE behind the last line that matches AFTER.
register() {
  local number
  number=$(grep -n -- "$2" "$tree/$1" | tail -n 1 | cut -d: -f1)
  sed -i "${number}a\\$3" "$tree/$1"
}
# The last name of a registry ends in `> {`; a new one goes before it.
register include/bochner/kernel/kernel.hpp '  PolynomialKernel,$' 'InverseMultiquadricKernel,'
register include/bochner/projection/projection.hpp '  RademacherProjection,$' 'MirroredProjection,'
register include/bochner/features/features.hpp '  MaclaurinFeatures,$' 'PairedFeatures,'
register src/interface/cli/command.cpp 'BOCHNER_COMMAND(gram' '    BOCHNER_COMMAND(hello, "A greeting"),'

status=0
# touched WHAT FILE: exactly one line of the tree was changed for it.
touched() {
  local lines
  lines=$(diff "$scratch/before/$2" "$tree/$2" | grep -c '^[<>]' || true)
  echo "a new $1: $lines line in $2"
  [ "$lines" -eq 1 ] || status=1
}
touched kernel include/bochner/kernel/kernel.hpp
touched projection include/bochner/projection/projection.hpp
touched 'feature function' include/bochner/features/features.hpp
touched sub-command src/interface/cli/command.cpp
others=$(diff -rq "$scratch/before" "$tree" | grep -c '^Files' || true)
[ "$others" -eq 4 ] || { echo "$others files of the tree were changed, expected 4"; status=1; }

launcher=()
if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
tests=(test_property_spec test_property_frequencies test_property_accuracy)
{
  cmake -S "$tree" -B "$scratch/build" -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS=-O0 -DCMAKE_UNITY_BUILD=ON \
    -DCMAKE_CXX_COMPILER="$compiler" -DBOCHNER_BUILD_EXAMPLES=OFF "${launcher[@]}" &&
    cmake --build "$scratch/build" --target bochner_cli "${tests[@]}"
} >"$scratch/log" 2>&1 || { tail -n 40 "$scratch/log"; exit 1; }
for test in "${tests[@]}"; do
  OMP_WAIT_POLICY=passive "$scratch/build/tests/property/$test" || status=1
done
known=$("$scratch/build/bin/bochner" info)
for name in inverse-multiquadric mirrored paired; do
  grep -q "$name" <<<"$known" || { echo "bochner info does not show $name"; status=1; }
done
[ "$("$scratch/build/bin/bochner" hello)" = hello ] || { echo "bochner hello fails"; status=1; }
exit $status
