// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/matrix.hpp"
#include "core/parallel.hpp"
#include "estimator/log_sum.hpp"
#include "estimator/product_moments.hpp"

#include <algorithm>
#include <limits>
#include <vector>

namespace bochner {
namespace {

constexpr double kNoTerm = -std::numeric_limits<double>::infinity();
constexpr Index kRows = 16;

struct TermRows {
  Matrix<double> rows;
  std::vector<double> log_factor;
};

template <class T>
TermRows place_rows(const char* name, const PairGeometry& geometry, Side side,
                    MatrixView<const T> x) {
  constexpr const char* kFunction = "gram_error_curve";
  check_columns(kFunction, name, x.rows, x.cols, geometry.dim());
  check_finite(kFunction, name, x);
  TermRows out{Matrix<double>(x.rows, x.cols), {}};
  std::vector<double> row(static_cast<std::size_t>(x.cols));
  for (Index i = 0; i < x.rows; ++i) {
    for (Index k = 0; k < x.cols; ++k) row[static_cast<std::size_t>(k)] = x(i, k);
    out.log_factor.push_back(geometry.place(side, row.data(), out.rows.row(i)));
    check_product_length(std::string(name) + " row " + std::to_string(i),
                         pair_products(out.rows.row(i), out.rows.row(i), x.cols).xx);
  }
  return out;
}

struct TermSums {
  LogSum row;
  LogSum block;
  LogSum norm;
};

}  // namespace

template <Scalar T>
GramErrorCurve product_error_curve(const FeatureMapSpec& spec, MatrixView<const T> x,
                                   const MatrixView<const T>* y, const Execution& execution) {
  const PairGeometry geometry(spec);
  const ProductLaw law(spec.kernel, spec.features);
  const TermRows queries = place_rows("x", geometry, Side::query, x);
  const TermRows others = y == nullptr ? TermRows{} : place_rows("y", geometry, Side::key, *y);
  const TermRows& keys = y == nullptr ? queries : others;
  const Index n = x.rows;
  const Index blocks = (n + kRows - 1) / kRows;
  std::vector<TermSums> partial(static_cast<std::size_t>(blocks));
  parallel_for_blocks(blocks, execution, [&](Index block, int) {
    TermSums& sums = partial[static_cast<std::size_t>(block)];
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
  TermSums total;
  for (const TermSums& sums : partial) {
    total.row.add(sums.row);
    total.block.add(sums.block);
    total.norm.add(sums.norm);
  }
  const BlockLaw block = block_law(spec);
  GramErrorCurve curve;
  curve.log_row_variance = total.row.log();
  curve.log_pair_variance = kNoTerm;
  curve.log_block_variance = total.block.log();
  curve.log_squared_bias = kNoTerm;
  curve.log_squared_norm = total.norm.log();
  curve.groups =
      block.pairing == BlockLaw::Pairing::sketch ? ColumnGroups::sketches : ColumnGroups::blocks;
  curve.exact_columns = block.exact;
  return curve;
}

template GramErrorCurve product_error_curve<float>(const FeatureMapSpec&, MatrixView<const float>,
                                                   const MatrixView<const float>*,
                                                   const Execution&);
template GramErrorCurve product_error_curve<double>(const FeatureMapSpec&, MatrixView<const double>,
                                                    const MatrixView<const double>*,
                                                    const Execution&);

}  // namespace bochner
