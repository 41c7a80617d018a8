#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Installs what is missing, builds, runs every test.
# Usage: bash tests/run.sh [--all] [--torch]
#   (nothing)  one compiler (g++), in minutes
#   --all      also every instruction set, the long statistical runs, clang, the address and
#              undefined-behaviour sanitizers, the thread sanitizer, and the Python wheel
#   --torch    also what needs PyTorch and transformers, in a virtual environment of its own (6 GB, two minutes)
# The last line is `N passed, N failed`, with `, N skipped` when there were any; the exit status is 0
# when nothing failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
. src/cmake/packages.sh

packages=("${bochner_build_packages[@]}" catch2 pkgconf python3-dev python3-venv)
everything=no torch=no
for argument; do
  case $argument in
    --all)
      everything=yes
      packages+=(clang libomp-dev libclang-rt-14-dev doxygen)
      ;;
    --torch) torch=yes ;;
    *)
      echo "usage: bash tests/run.sh [--all] [--torch]" >&2
      exit 2
      ;;
  esac
done

passed=0 failed=0 skipped=0
logs=build/logs

# lines FILE PATTERN: how many lines match.
lines() { grep -cE "$2" "$1"; }

# count NAME PRESET [CTEST ARGUMENTS...]: runs tests and adds up what CTest says of them.
count() {
  local name=$1 preset=$2 start=$SECONDS
  local log=$logs/$name-test.log results=$PWD/$logs/$name.xml
  shift 2
  rm -f "$results"
  ctest --preset "$preset" -j "$(nproc)" --timeout 1200 --output-junit "$results" "$@" >"$log" 2>&1
  if [ ! -s "$results" ]; then
    tail -n 20 "$log" >&2
    echo "$name: tests did not run (see $log)"
    failed=$((failed + 1))
    return
  fi
  # A test that could not start, or whose fixture failed, did not run and was not skipped either: it
  # counts as failed.
  local good idle bad
  good=$(lines "$results" '^\s*<testcase .*status="run"')
  idle=$(lines "$results" '^\s*(<testcase .*status="disabled"|<skipped message="SKIP_)')
  bad=$(($(lines "$results" '^\s*<testcase ') - good - idle))
  if [ "$bad" -gt 0 ]; then
    grep -vE '^ +Start |Passed +[0-9.]+ sec$' "$log" | tail -n 200 >&2
  fi
  passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + idle))
  echo "$name: $good passed, $bad failed, $idle skipped in $((SECONDS - start)) s"
}

# build_and_count PRESET [CMAKE ARGUMENTS...]
build_and_count() {
  local preset=$1
  shift
  if configure_and_build "$preset" "$logs/$preset.log" "$@"; then
    count "$preset" "$preset"
  else
    failed=$((failed + 1))
  fi
}

# make_venv NAME REQUIREMENTS: build/NAME-venv, made anew when the requirements change.
make_venv() {
  local name=$1 wanted=$2 venv=build/$1-venv start=$SECONDS
  if ! cmp -s "$wanted" $venv/made-of; then
    mkdir -p $logs
    if ! { python3 -m venv --clear $venv &&
      $venv/bin/python -m pip install --quiet -r "$wanted"; } >$logs/$name.log 2>&1; then
      tail -n 20 $logs/$name.log >&2
      echo "$name: no environment (see $logs/$name.log)"
      return 1
    fi
    cp "$wanted" $venv/made-of
  fi
  echo "$name: environment ready in $((SECONDS - start)) s"
}

# What needs PyTorch and transformers, beside the package of the dev build: its tests, the examples of its docstrings
# and pages, and its types.
count_torch() {
  local start=$SECONDS results=$PWD/$logs/torch.xml log=$logs/torch-test.log python good=0 bad=1 idle=0
  python=$PWD/build/torch-venv/bin/python
  make_venv torch tests/python/pytorch/requirements.txt || { failed=$((failed + 1)); return; }
  export PYTHONPATH=$PWD/build/dev/python MYPYPATH=$PWD/build/dev/python OMP_WAIT_POLICY=passive \
    PYTHONDONTWRITEBYTECODE=1
  rm -f "$results"
  "$python" -m pytest -p no:cacheprovider --junitxml "$results" tests/python/pytorch \
    tests/python/huggingface tests/python/test_t*_import.py >"$log" 2>&1
  if [ -s "$results" ]; then
    local errors total
    read -r errors bad idle total < <(sed -nE \
      's/.*<testsuite [^>]*errors="([0-9]+)" failures="([0-9]+)" skipped="([0-9]+)" tests="([0-9]+)".*/\1 \2 \3 \4/p' \
      "$results")
    bad=$((bad + errors)) good=$((total - bad - idle))
  fi
  for check in "tests/python/doctests.py" "-m mypy --cache-dir=build/torch-venv/mypy -p bochner"; do
    # shellcheck disable=SC2086
    if "$python" $check >>"$log" 2>&1; then good=$((good + 1)); else bad=$((bad + 1)); fi
  done
  [ "$bad" -eq 0 ] || tail -n 60 "$log" >&2
  passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + idle))
  echo "torch: $good passed, $bad failed, $idle skipped in $((SECONDS - start)) s"
}

# The wheel, on every Python that is here: it says one line a check, and the sum in the last.
count_wheel() {
  local log=$logs/wheel.log good bad idle
  mkdir -p $logs
  bash tests/python/wheel.sh | tee "$log" | grep '^wheel: '
  read -r good _ bad _ idle _ < <(tail -n 1 "$log")
  passed=$((passed + ${good:-0})) failed=$((failed + ${bad:-1})) skipped=$((skipped + ${idle:-0}))
}

finish() {
  echo "$passed passed, $failed failed$([ "$skipped" -eq 0 ] || echo ", $skipped skipped")"
  [ "$failed" -eq 0 ]
  exit
}

if ! require_packages "${packages[@]}"; then
  failed=1
  finish
fi
python=()
if make_venv python tests/python/requirements.txt; then
  python=(-DBOCHNER_BUILD_PYTHON=ON "-DPython_EXECUTABLE=$PWD/build/python-venv/bin/python")
else
  failed=$((failed + 1))
fi
# Debian's libopenmpi-dev, or another's.
mpi=OFF
if command -v mpicxx >/dev/null; then mpi=ON; fi
build_and_count dev "${python[@]}" -DBOCHNER_BUILD_MPI=$mpi
if [ $everything = yes ]; then
  for isa in $(build/dev/tests/bochner_list_isas); do
    BOCHNER_ISA=$isa count "isa-$isa" dev -LE '^(architecture|consumer|compilers)$'
  done
  count long dev -C long -L long
  for preset in clang asan tsan; do build_and_count $preset; done
  count_wheel
fi
if [ $torch = yes ]; then count_torch; fi
finish
