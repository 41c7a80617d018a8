// SPDX-License-Identifier: Apache-2.0
#include "estimator/mean_square_sum.hpp"

#include "bochner/core/matrix.hpp"
#include "estimator/pair_geometry.hpp"

#include <vector>

namespace bochner::estimator {
namespace {

struct Spread {
  std::vector<double> mean;
  double variance = 0.0;  ///< mean square distance from the mean
};

Spread spread_of(const PairGeometry& geometry, Side side, MatrixView<const double> x) {
  Matrix<double> placed(x.rows, x.cols);
  std::vector<double> row(static_cast<std::size_t>(x.cols));
  Spread out{.mean = std::vector<double>(row.size(), 0.0)};
  const auto count = static_cast<double>(x.rows);
  for (Index i = 0; i < x.rows; ++i) {
    for (Index k = 0; k < x.cols; ++k) row[static_cast<std::size_t>(k)] = x(i, k);
    geometry.place(side, row.data(), placed.row(i));
    for (std::size_t k = 0; k < row.size(); ++k) out.mean[k] += placed.row(i)[k] / count;
  }
  for (Index i = 0; i < x.rows; ++i) {
    out.variance += squared_distance(placed.row(i), -1.0, out.mean.data(), x.cols) / count;
  }
  return out;
}

/// Of |x~_i + sign y~_j|^2.
double mean_square_of(const PairGeometry& geometry, double sign, MatrixView<const double> x,
                      MatrixView<const double> y) {
  const Spread query = spread_of(geometry, Side::query, x);
  const Spread key = spread_of(geometry, Side::key, y);
  return query.variance + key.variance +
         squared_distance(query.mean.data(), sign, key.mean.data(), geometry.dim());
}

}  // namespace

double mean_square_sum(const Door& door, const FeatureMapSpec& spec, MatrixView<const double> x,
                       MatrixView<const double> y) {
  return mean_square_of(PairGeometry(door, spec), 1.0, x, y);
}

double mean_square(const Door& door, const FeatureMapSpec& spec, MatrixView<const double> x,
                   MatrixView<const double> y) {
  const PairGeometry geometry(door, spec);
  const bool sum = geometry.argument() == RowLaw::Argument::sum;
  return mean_square_of(geometry, sum ? 1.0 : -1.0, x, y);
}

}  // namespace bochner::estimator
