// SPDX-License-Identifier: Apache-2.0
#include "pipeline/training_folds.hpp"

#include "bochner/client/regression/groups.hpp"
#include "random/permutation.hpp"

#include <algorithm>
#include <utility>

namespace bochner::pipeline {

Matrix<double> group_values(const TrainingFile& file, MatrixView<const double> rows) {
  Matrix<double> values(rows.rows, file.groups().count());
  Index to = 0;
  for (const Index from : file.group_columns()) {
    for (Index i = 0; i < rows.rows; ++i) values(i, to) = rows(i, from);
    ++to;
  }
  return values;
}

std::vector<Index> groups_of(MatrixView<const double> values) {
  if (values.cols == 0) return {};
  return group_labels<double>(values);
}

Folds class_folds(const std::vector<Index>& labels, Index count, Seed seed) {
  const auto n = static_cast<Index>(labels.size());
  Folds folds = row_folds(n, count, seed);
  std::vector<Index> order = random_permutation(Stream(seed, Purpose::permutation), n);
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) {
    return labels[static_cast<std::size_t>(a)] < labels[static_cast<std::size_t>(b)];
  });
  Index dealt = 0;
  for (const Index row : order) folds.fold[static_cast<std::size_t>(row)] = dealt++ % count;
  return folds;
}

}  // namespace bochner::pipeline
