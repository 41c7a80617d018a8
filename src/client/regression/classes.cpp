// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/regression/classes.hpp"

#include "client/regression/checks.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace bochner {

template <Scalar T>
Matrix<T> class_targets(std::span<const Index> labels, Index num_classes) {
  constexpr Door kDoor("class_targets");
  const auto n = static_cast<Index>(labels.size());
  regression::require_labels(kDoor, labels, num_classes);
  if (labels.empty() || std::all_of(labels.begin(), labels.end(),
                                    [&](Index label) { return label == labels.front(); })) {
    kDoor.refuse("labels hold " + std::string(labels.empty() ? "no class" : "one class only") +
                 ", expected at least two");
  }
  Matrix<T> targets(n, num_classes);
  std::fill_n(targets.data(), targets.size(), T{-1});
  for (Index i = 0; i < n; ++i) targets(i, labels[static_cast<std::size_t>(i)]) = T{1};
  return targets;
}

template <Scalar T>
std::vector<Index> largest_output(MatrixView<const T> outputs) {
  constexpr Door kDoor("largest_output");
  kDoor.at_least("the number of columns of outputs", outputs.cols, 1);
  std::vector<Index> largest;
  for (Index i = 0; i < outputs.rows; ++i) {
    Index best = 0;
    for (Index c = 0; c < outputs.cols; ++c) {
      if (std::isnan(outputs(i, c))) {
        kDoor.refuse("outputs: row " + std::to_string(i) + ", column " + std::to_string(c) +
                     " is nan");
      }
      if (outputs(i, c) > outputs(i, best)) best = c;
    }
    largest.push_back(best);
  }
  return largest;
}

template Matrix<float> class_targets(std::span<const Index>, Index);
template Matrix<double> class_targets(std::span<const Index>, Index);
template std::vector<Index> largest_output(MatrixView<const float>);
template std::vector<Index> largest_output(MatrixView<const double>);

}  // namespace bochner
