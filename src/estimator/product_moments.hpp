// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/estimator/gram_error.hpp"
#include "bochner/estimator/plan.hpp"
#include "bochner/estimator/variance.hpp"
#include "estimator/error_curve.hpp"
#include "estimator/pair_geometry.hpp"
#include "estimator/row_law.hpp"
#include "estimator/scaled.hpp"
#include "features/product_sampling.hpp"
#include "kernel/power_series.hpp"

#include <memory>

/// \file
/// Moments of features that are products of projections (docs/theory/variance.md).

namespace bochner {

/// What the moments at a pair depend on, of inputs after the kernel's metric.
struct PairProducts {
  double xy = 0.0;
  double xx = 0.0;
  double yy = 0.0;
  double squares = 0.0;  ///< sum_l x_l^2 y_l^2
};
PairProducts pair_products(const double* x, const double* y, Index dim);
/// Throws InvalidArgument for rows so long that products of two squares leave the range of double.
void check_product_length(const std::string& row, double squared_norm);
/// t = E (w.x)^2 (w.y)^2 over independent signs w.
double sign_second_moment(const PairProducts& pair);

/// m Var of the random columns is between that of a column alone, `row`, and that of many buckets
/// of a sketch, `block`; `BlockLaw::shares` mixes them. Rows and blocks of Maclaurin features are
/// the same.
class ProductLaw {
 public:
  ProductLaw(const Kernel& kernel, const FeatureFunction& features);

  Scaled kernel(const PairProducts& pair) const;
  Scaled row_variance(const PairProducts& pair) const;
  Scaled block_variance(const PairProducts& pair) const;

 private:
  Scaled maclaurin_variance(const PairProducts& pair) const;

  std::shared_ptr<const PowerSeries> series_;
  ProductSampling sampling_;
};

/// A spec's moments at pairs of its inputs.
class ProductMoments {
 public:
  explicit ProductMoments(const FeatureMapSpec& spec);

  KernelMoments at(const double* x, const double* y) const;

  /// In units of the kernel, or of one.
  LogVariances variances(const double* x, const double* y, ErrorUnit unit) const;

 private:
  struct Placed {
    PairProducts products;
    double log_factor = 0.0;
  };
  Placed place(const double* x, const double* y) const;

  PairGeometry geometry_;
  ProductLaw law_;
  BlockLaw block_;
  Index num_frequencies_;
};

/// E of the order-th power of a column of Maclaurin features without exact terms. Throws
/// InvalidArgument for others, whose columns are not independent of one law.
double product_row_moment(const FeatureMapSpec& spec, int order, const double* x, const double* y);

/// As `gram_error_curve`; y null for the Gram matrix of x.
template <Scalar T>
GramErrorCurve product_error_curve(const FeatureMapSpec& spec, MatrixView<const T> x,
                                   const MatrixView<const T>* y, const Execution& execution);

}  // namespace bochner
