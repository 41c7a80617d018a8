#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Plants one violation after the other in a copy of the tree; the rule must fail and name it.
# Usage: planted.sh ROOT GENERATED_INCLUDE COMPILER
set -euo pipefail
root=$1 generated=$2 compiler=$3
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
tree=$scratch/tree
missed=0

# caught WORDS RULE ARGUMENTS...: the rule fails and prints a line with WORDS.
caught() {
  local words=$1 rule=$2 output
  shift 2
  if output=$(bash "$here/$rule.sh" "$@" 2>&1) || ! grep -qF -- "$words" <<<"$output"; then
    echo "$rule: not caught: $words"
    missed=1
  fi
}

# plant FILE LINE RULE [ARGUMENTS...]: adds LINE to FILE in a fresh copy of the tree.
plant() {
  local file=$1 line=$2 rule=$3
  shift 3
  rm -rf "$tree"
  mkdir "$tree"
  tar -C "$root" --exclude='./build*' --exclude=./.git --exclude=./data -cf - . | tar -C "$tree" -xf -
  printf '%s\n' "$line" >>"$tree/$file"
  caught "$file" "$rule" "$tree" "$@"
}

plant src/kernel/planted.cpp '#include "projection/operator.hpp"' layers
plant src/features/planted.cpp '#include "projection/operator.hpp"' layers
plant src/core/planted.cpp '#include <bochner/random/stream.hpp>' layers
plant src/client/planted.cpp '#include "bochner/client/gram.hpp"' layers
plant src/client/planted.cpp '#include "nowhere/else.hpp"' layers
plant include/bochner/kernel/planted.hpp '#include <bochner/feature_map.hpp>' layers
plant src/io/planted.cpp '#include "bochner/pipeline/fit.hpp"' layers
plant src/study/planted.cpp '#include "report/record.hpp"' layers
plant src/pipeline/planted.cpp '#include "study/pairs.hpp"' layers
plant src/report/planted.cpp '#include "interface/cli/options.hpp"' layers
plant include/bochner/core/planted.hpp '#include <Eigen/Core>' eigen_includes
plant src/kernel/planted.cpp '#pragma omp parallel' openmp_pragmas
plant src/CMakeLists.txt 'add_compile_options(-march=native)' build_flags
plant CMakeLists.txt 'include(FetchContent)' build_flags
plant src/core/planted.cpp 'int planted;' licence_lines
plant src/estimator/planted.cpp 'bool planted = std::holds_alternative<SobolProjection>(projection);' type_tests
plant src/study/planted.cpp 'bool planted = requires { f.a; };' type_tests
plant src/study/planted.cpp 'bool planted = std::get_if<bochner::GaussianKernel>(&kernel);' type_tests
plant src/client/planted.cpp 'double planted = std::get<Diagonal>(*metric).lengthscales[0];' type_tests
plant src/estimator/planted.cpp 'bool planted = a.features.index() == 0;' type_tests
plant src/interface/python/planted.cpp 'bool planted = std::get_if<MeanSquareSumScale>(&rule);' type_tests
plant src/pipeline/planted.cpp 'bool planted = std::holds_alternative<RidgeRegression<T>>(model);' type_tests
plant src/interface/python/bochner/planted.py 'planted = TABLE[type(spec.features)]' type_tests
plant src/interface/python/bochner/planted.py 'planted = isinstance(kernel.metric, Diagonal)' type_tests
plant src/interface/python/bochner/planted.py 'planted = {(type(s.features), s.input_dim)}' type_tests
plant src/interface/python/bochner/planted.py 'planted = "features=positive" in specs' type_tests
plant src/interface/python/bochner/planted.py 'planted = _word(spec.kernel) not in KERNELS' type_tests
plant src/interface/python/bochner/planted.py 'planted = hasattr(kernel, "scale")' type_tests
plant README.md '[planted](docs/planted.md)' links
plant include/bochner/core/planted.hpp '/// docs/planted.md' links
plant docs/gram.md $'```cpp\nplanted(gram);\n```' readme_code "$generated" "$compiler"
plant include/bochner/core/planted.hpp $'/// ```cpp\n/// planted();\n/// ```' readme_code "$generated" "$compiler"
plant include/bochner/core/planted.hpp '#pragma once' umbrella "$generated" "$compiler"

rm -rf "$tree"
mkdir -p "$tree/docs" "$tree/src" "$tree/include/bochner/core" "$tree/examples"
touch "$tree/docs/bibliography.md" "$tree/README.md"
printf '```cpp\nint planted();\n```\n' >"$tree/README.md"
touch "$tree/examples/none.cpp"
caught planted readme_code "$tree" "$generated" "$compiler"
echo '/// As in [Nobody99, theorem 1].' >"$tree/src/planted.cpp"
caught Nobody99 bibliography "$tree"
echo 'inline std::string planted() { return {}; }' >"$tree/include/bochner/core/planted.hpp"
caught core/planted.hpp public_headers "$tree" "$generated" "$compiler"

echo 'namespace Eigen { inline int planted() { return 1; } }
      namespace bochner { int use() { return Eigen::planted(); } }' |
  "$compiler" -x c++ -c -O0 -fPIC -o "$scratch/planted.o" -
caught Eigen::planted symbols "$scratch/planted.o"
"$compiler" -shared -o "$scratch/planted.so" "$scratch/planted.o"
caught Eigen::planted symbols "$scratch/planted.so"

exit $missed
