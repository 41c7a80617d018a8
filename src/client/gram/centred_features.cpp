// SPDX-License-Identifier: Apache-2.0
#include "client/gram/centred_features.hpp"

#include "client/gram/tile_walk.hpp"

#include <memory>
#include <span>

namespace bochner::gram {
namespace {

/// Calls visit(i, row of D numbers) for every row, in order.
template <Scalar T, class Visit>
void for_each_row(const Door& door, const FeatureSource<T>& source, const Visit& visit) {
  typename FeatureSource<T>::Workspace workspace(source);
  std::vector<double> row(static_cast<std::size_t>(source.num_features()));
  for (Index b = 0; b < row_blocks(source.size()); ++b) {
    const auto block = source.block(b, workspace);
    for (Index r = 0; r < block.rows; ++r) {
      for (Index j = 0; j < source.num_features(); ++j) {
        row[static_cast<std::size_t>(j)] =
            finite_entry(door, static_cast<double>(block.phi[r * source.ld() + j]),
                         block.exponent[r], block.first + r, j);
      }
      visit(block.first + r, std::span<const double>(row));
    }
  }
}

}  // namespace

template <Scalar T>
std::vector<double> mean_features(const Door& door, const FeatureSource<T>& source) {
  // Relative to the first row, so that the mean of equal rows is that row.
  std::vector<double> first;
  std::vector<double> mean(static_cast<std::size_t>(source.num_features()));
  for_each_row(door, source, [&](Index i, std::span<const double> row) {
    if (i == 0) first.assign(row.begin(), row.end());
    for (std::size_t j = 0; j < mean.size(); ++j) mean[j] += row[j] - first[j];
  });
  for (std::size_t j = 0; j < mean.size(); ++j) {
    mean[j] = first[j] + mean[j] / static_cast<double>(source.size());
  }
  return mean;
}

template <Scalar T>
GramApproximation<T> centred_rows(const Door& door, const GramApproximation<T>& rows) {
  return GramApproximation<T>(std::make_shared<const FeatureSource<T>>(
      rows.features(), mean_features(door, rows.features())));
}

template <Scalar T>
Matrix<double> centred_features(const Door& door, const FeatureSource<T>& source) {
  const std::vector<double> mean = mean_features(door, source);
  Matrix<double> out(source.size(), source.num_features());
  for_each_row(door, source, [&](Index i, std::span<const double> row) {
    for (std::size_t j = 0; j < mean.size(); ++j) {
      out(i, static_cast<Index>(j)) = row[j] - mean[j];
    }
  });
  return out;
}

template std::vector<double> mean_features(const Door&, const FeatureSource<float>&);
template std::vector<double> mean_features(const Door&, const FeatureSource<double>&);
template GramApproximation<float> centred_rows(const Door&, const GramApproximation<float>&);
template GramApproximation<double> centred_rows(const Door&, const GramApproximation<double>&);
template Matrix<double> centred_features(const Door&, const FeatureSource<float>&);
template Matrix<double> centred_features(const Door&, const FeatureSource<double>&);

}  // namespace bochner::gram
