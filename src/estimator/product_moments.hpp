// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "estimator/moments.hpp"
#include "estimator/pair_geometry.hpp"
#include "estimator/row_law.hpp"
#include "estimator/scaled.hpp"
#include "features/product_sampling.hpp"
#include "kernel/power_series.hpp"

#include <memory>

/// \file
/// Moments of features that are products of projections (docs/theory/variance.md).

namespace bochner::estimator {

/// What the moments at a pair depend on, of inputs after the kernel's metric.
struct PairProducts {
  double xy = 0.0;
  double xx = 0.0;
  double yy = 0.0;
  double squares = 0.0;  ///< sum_l x_l^2 y_l^2
};
PairProducts pair_products(const double* x, const double* y, Index dim);
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

class ProductMoments final : public Moments {
 public:
  ProductMoments(const Door& door, const FeatureMapSpec& spec);

  KernelMoments at(const Door& door, const InputPair& pair) const override;
  ErrorParts parts(const Door& door, const InputPair& pair, ErrorUnit unit) const override;
  /// Of Maclaurin features without exact terms; the columns of others are not draws of one law.
  double row_moment(const Door& door, const InputPair& pair, int order) const override;

 private:
  struct Placed {
    PairProducts products;
    double log_factor = 0.0;
  };
  Placed place(const Door& door, const InputPair& pair) const;

  FeatureMapSpec spec_;
  PairGeometry geometry_;
  ProductLaw law_;
  BlockLaw block_;
};

}  // namespace bochner::estimator
