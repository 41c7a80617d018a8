// SPDX-License-Identifier: Apache-2.0
#include "estimator/mean_square_sum.hpp"

#include "bochner/core/matrix.hpp"
#include "bochner/estimator/optimal_parameter.hpp"
#include "estimator/checks.hpp"
#include "estimator/mean_row.hpp"
#include "estimator/pair_geometry.hpp"

#include <numeric>
#include <vector>

namespace bochner::estimator {
namespace {

struct Spread {
  std::vector<double> mean;
  std::vector<double> variance;  ///< mean square distance from the mean, per coordinate
};

Spread spread_of(const PairGeometry& geometry, Side side, MatrixView<const double> x) {
  Matrix<double> placed(x.rows, x.cols);
  std::vector<double> row(static_cast<std::size_t>(x.cols));
  for (Index i = 0; i < x.rows; ++i) {
    for (Index k = 0; k < x.cols; ++k) row[static_cast<std::size_t>(k)] = x(i, k);
    geometry.place(side, row.data(), placed.row(i));
  }
  Spread out{.mean = mean_row<double>(placed.view()), .variance = std::vector<double>(row.size())};
  for (Index i = 0; i < x.rows; ++i) {
    for (std::size_t k = 0; k < row.size(); ++k) {
      const double deviation = placed.row(i)[k] - out.mean[k];
      out.variance[k] += deviation * deviation / static_cast<double>(x.rows);
    }
  }
  return out;
}

/// The mean squares of (x~_i + sign y~_j)_k, one per direction k.
std::vector<double> mean_squares_of(const PairGeometry& geometry, double sign,
                                    MatrixView<const double> x, MatrixView<const double> y) {
  const Spread query = spread_of(geometry, Side::query, x);
  const Spread key = spread_of(geometry, Side::key, y);
  std::vector<double> out;
  for (std::size_t k = 0; k < query.mean.size(); ++k) {
    const double mean = query.mean[k] + sign * key.mean[k];
    out.push_back(query.variance[k] + key.variance[k] + mean * mean);
  }
  return out;
}

}  // namespace
}  // namespace bochner::estimator

namespace bochner {

using namespace estimator;

std::vector<double> mean_square_sums(const FeatureMapSpec& spec, MatrixView<const double> x,
                                     MatrixView<const double> y) {
  constexpr Door kDoor("mean_square_sums");
  const PairGeometry geometry(kDoor, spec);
  require_inputs(kDoor, "x", x, spec.input_dim);
  require_inputs(kDoor, "y", y, spec.input_dim);
  require_two_samples(kDoor, "x", x, "y", y);
  return mean_squares_of(geometry, 1.0, x, y);
}

namespace estimator {

double mean_square_sum(const Door& door, const FeatureMapSpec& spec, MatrixView<const double> x,
                       MatrixView<const double> y) {
  const std::vector<double> squares = mean_squares_of(PairGeometry(door, spec), 1.0, x, y);
  return std::accumulate(squares.begin(), squares.end(), 0.0);
}

std::vector<double> mean_squares(const Door& door, const FeatureMapSpec& spec,
                                 MatrixView<const double> x, MatrixView<const double> y) {
  const PairGeometry geometry(door, spec);
  const bool sum = geometry.argument() == RowLaw::Argument::sum;
  return mean_squares_of(geometry, sum ? 1.0 : -1.0, x, y);
}

}  // namespace estimator
}  // namespace bochner
