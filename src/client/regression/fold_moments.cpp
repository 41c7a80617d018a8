// SPDX-License-Identifier: Apache-2.0
#include "client/regression/fold_moments.hpp"

#include "bochner/client/regression/normal_equations.hpp"
#include "client/regression/gathered_rows.hpp"

namespace bochner::regression {
namespace {

/// sum += part, lower triangles.
void add_lower(const Matrix<double>& part, Matrix<double>& sum) {
  for (Index i = 0; i < part.rows(); ++i) {
    for (Index j = 0; j <= i; ++j) sum(i, j) += part(i, j);
  }
}

}  // namespace

std::vector<std::vector<Index>> fold_members(const Folds& folds) {
  std::vector<std::vector<Index>> members(static_cast<std::size_t>(folds.count));
  for (std::size_t i = 0; i < folds.fold.size(); ++i) {
    members[static_cast<std::size_t>(folds.fold[i])].push_back(static_cast<Index>(i));
  }
  return members;
}

Matrix<double> FoldMoments::without(std::size_t fold) const {
  // Summed anew: of what this fold outweighs, total - part would keep only rounding.
  Matrix<double> rest(total.rows(), total.cols());
  for (std::size_t f = 0; f < part.size(); ++f) {
    if (f != fold) add_lower(part[f], rest);
  }
  return rest;
}

template <Scalar T>
FoldMoments fold_moments(const FeatureMap<T>& map, const TrainingRows<T>& rows,
                         const std::vector<std::vector<Index>>& members,
                         const std::vector<double>& offset, const Execution& execution) {
  FoldMoments moments;
  for (const auto& indices : members) {
    const GatheredRows<T> fold(rows, indices);
    NormalEquations<T> equations(map, {.num_targets = rows.targets.cols, .target_offset = offset});
    equations.add(fold.rows(), execution);
    moments.part.push_back(equations.moments(execution));
    moments.part_rows.push_back(equations.num_rows());
    moments.total_rows += equations.num_rows();
    const Matrix<double>& part = moments.part.back();
    if (moments.total.size() == 0) moments.total = Matrix<double>(part.rows(), part.cols());
    add_lower(part, moments.total);
  }
  return moments;
}

template FoldMoments fold_moments(const FeatureMap<float>&, const TrainingRows<float>&,
                                  const std::vector<std::vector<Index>>&,
                                  const std::vector<double>&, const Execution&);
template FoldMoments fold_moments(const FeatureMap<double>&, const TrainingRows<double>&,
                                  const std::vector<std::vector<Index>>&,
                                  const std::vector<double>&, const Execution&);

}  // namespace bochner::regression
