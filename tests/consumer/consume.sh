#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds and runs a program outside the tree against the library, found in one of these ways:
#   consume.sh add_subdirectory LINKAGE ...   and installs the library it built for the other ways
#   consume.sh find_package LINKAGE ...
#   consume.sh pkg_config LINKAGE ...
#   consume.sh FLAG LINKAGE ...               by pkg-config, matrices.cpp with FLAG under ASan
# Further arguments: ROOT FOLDER COMPILER [CMAKE ARGUMENTS...]; LINKAGE is static or shared.
set -euo pipefail
route=$1 linkage=$2 root=$3 folder=$4 compiler=$5
shift 5
here=$root/tests/consumer/project
work=$folder/$linkage/${route#-}
prefix=$folder/$linkage/prefix
mkdir -p "$work"

with_cmake() {
  cmake -S "$here" -B "$work" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER="$compiler" "$@"
  cmake --build "$work"
  "$work/consumer"
}

# with_pkg_config SOURCE FLAGS...
with_pkg_config() {
  local source=$1
  shift
  export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
  # shellcheck disable=SC2046
  "$compiler" -std=c++20 "$@" "$here/$source" $(pkg-config --cflags --libs bochner) \
    -Wl,-rpath,"$prefix/lib" -o "$work/consumer"
  "$work/consumer"
}

case $route in
  add_subdirectory)
    shared=OFF
    [ "$linkage" = static ] || shared=ON
    # Packaging is what is tested: a build without optimisation does.
    with_cmake "$@" -DCMAKE_UNITY_BUILD=ON -DCMAKE_CXX_FLAGS_RELEASE="-O0 -DNDEBUG" \
      -DBOCHNER_TREE="$root" -DBUILD_SHARED_LIBS=$shared -DBOCHNER_INSTALL=ON \
      -DCMAKE_INSTALL_LIBDIR=lib
    rm -rf "$prefix"
    cmake --install "$work" --prefix "$prefix" >/dev/null
    ;;
  find_package) with_cmake "$@" -DCMAKE_PREFIX_PATH="$prefix" ;;
  pkg_config) with_pkg_config main.cpp -O0 ;;
  -m*)
    # The library picks its instruction set by itself; this program cannot.
    [ "$route" != -mavx2 ] || grep -qw avx2 /proc/cpuinfo || { echo "no AVX2 here"; exit 77; }
    # shellcheck disable=SC2046
    with_pkg_config matrices.cpp -O0 "$route" -fsanitize=address $(pkg-config --cflags eigen3)
    ;;
  *) echo "unknown route $route" >&2 && exit 2 ;;
esac
