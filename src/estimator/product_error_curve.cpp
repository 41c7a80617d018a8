// SPDX-License-Identifier: Apache-2.0
#include "estimator/product_error_curve.hpp"

#include "bochner/core/matrix.hpp"
#include "estimator/checks.hpp"
#include "estimator/error_sums.hpp"
#include "estimator/product_moments.hpp"

#include <algorithm>
#include <vector>

namespace bochner::estimator {
namespace {

constexpr Index kRows = 16;

struct TermRows {
  Matrix<double> rows;
  std::vector<double> log_factor;
};

template <class T>
TermRows place_rows(const Door& door, const char* name, const PairGeometry& geometry, Side side,
                    MatrixView<const T> x) {
  require_inputs(door, name, x, geometry.dim());
  TermRows out{Matrix<double>(x.rows, x.cols), {}};
  std::vector<double> row(static_cast<std::size_t>(x.cols));
  for (Index i = 0; i < x.rows; ++i) {
    for (Index k = 0; k < x.cols; ++k) row[static_cast<std::size_t>(k)] = x(i, k);
    out.log_factor.push_back(geometry.place(side, row.data(), out.rows.row(i)));
    require_product_length(door, name, i,
                           pair_products(out.rows.row(i), out.rows.row(i), x.cols).xx);
  }
  return out;
}

}  // namespace

template <Scalar T>
GramErrorCurve product_error_curve(const Door& door, const FeatureMapSpec& spec,
                                   MatrixView<const T> x, const MatrixView<const T>* y,
                                   const Execution& execution) {
  const PairGeometry geometry(door, spec);
  const ProductLaw law(spec.kernel, spec.features);
  const TermRows queries = place_rows(door, "x", geometry, Side::query, x);
  const TermRows others =
      y == nullptr ? TermRows{} : place_rows(door, "y", geometry, Side::key, *y);
  const TermRows& keys = y == nullptr ? queries : others;
  const Index n = x.rows;
  const Index blocks = (n + kRows - 1) / kRows;
  const ErrorSums total = sum_over_blocks(blocks, execution, [&](Index block, ErrorSums& sums) {
    for (Index i = block * kRows; i < std::min(n, (block + 1) * kRows); ++i) {
      for (Index j = y == nullptr ? i : 0; j < keys.rows.rows(); ++j) {
        const PairProducts pair =
            pair_products(queries.rows.row(i), keys.rows.row(j), spec.input_dim);
        const double log_square = 2.0 * (queries.log_factor[static_cast<std::size_t>(i)] +
                                         keys.log_factor[static_cast<std::size_t>(j)]);
        const double times = y == nullptr && j > i ? 2.0 : 1.0;
        const Scaled row = law.row_variance(pair);
        const Scaled many = law.block_variance(pair);
        const Scaled exact = law.kernel(pair);
        sums.row.add(times * row.mantissa, row.log_scale + log_square);
        sums.block.add(times * many.mantissa, many.log_scale + log_square);
        sums.norm.add(times * exact.mantissa * exact.mantissa, 2.0 * exact.log_scale + log_square);
      }
    }
  });
  return total.curve(block_law(spec));
}

template GramErrorCurve product_error_curve<float>(const Door&, const FeatureMapSpec&,
                                                   MatrixView<const float>,
                                                   const MatrixView<const float>*,
                                                   const Execution&);
template GramErrorCurve product_error_curve<double>(const Door&, const FeatureMapSpec&,
                                                    MatrixView<const double>,
                                                    const MatrixView<const double>*,
                                                    const Execution&);

}  // namespace bochner::estimator
