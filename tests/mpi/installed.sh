#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Installs a build and compiles a program outside the tree against its component mpi; a component
# that is not there must be refused.
# Usage: installed.sh BUILD FOLDER COMPILER
set -euo pipefail
build=$1 folder=$2 compiler=$3
rm -rf "$folder"
mkdir -p "$folder/project"
cmake --install "$build" --prefix "$folder/prefix" >/dev/null
cat >"$folder/project/main.cpp" <<'END'
#include <bochner/mpi/states.hpp>

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  const bochner::FeatureMapSpec spec{.input_dim = 1, .num_frequencies = 8, .seed = {1}};
  const bochner::NormalEquations<double> sums{bochner::FeatureMap<double>(spec)};
  const bool right = bochner::mpi::allreduce(sums, MPI_COMM_SELF).num_rows() == 0;
  MPI_Finalize();
  return right ? 0 : 1;
}
END
cat >"$folder/project/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES CXX)
find_package(bochner REQUIRED COMPONENTS ${component})
add_executable(consumer main.cpp)
target_link_libraries(consumer PRIVATE bochner::mpi)
END
with() {
  cmake -S "$folder/project" -B "$folder/$1" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" \
    -DCMAKE_PREFIX_PATH="$folder/prefix" -Dcomponent="$1"
}
with mpi
cmake --build "$folder/mpi"
"$folder/mpi/consumer"
if with absent; then
  echo "a component that is not there was found" >&2
  exit 1
fi
