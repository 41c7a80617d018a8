// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernel/metric_transform.hpp"
#include "kernel/standard_form.hpp"
#include "kernel/whole_measure.hpp"

#include <concepts>
#include <memory>

/// \file
/// Kernels that are a product of one function of each coordinate of A (x - y).

namespace bochner::kernels {

/// Independent, identically distributed coordinates.
class ProductMeasure final : public WholeMeasure {
 public:
  explicit ProductMeasure(Quantile quantile) : quantile_(quantile) {}

  Index num_uniforms(Index dim) const override { return dim; }
  void frequency(const double* u, Seed seed, Index row, std::span<double> out) const override;

 private:
  Quantile quantile_;
};

/// `coordinate_quantile` is the quantile function of a frequency's coordinate; `product_value` the
/// product over `dim` differences.
template <class K>
concept ProductKernel = requires(const K& kernel, const double* x, const double* y, Index dim) {
  kernel.metric;
  { kernel.coordinate_quantile() } -> std::same_as<Quantile>;
  { kernel.product_value(x, y, dim) } -> std::same_as<double>;
};

template <ProductKernel K>
SpectralMeasure product_measure(const K& kernel) {
  return {.law = std::make_shared<const ProductMeasure>(kernel.coordinate_quantile())};
}

template <ProductKernel K>
StandardForm product_form(const K& kernel, Index dim) {
  return {.transform = transform_of(kernel.metric, dim, K::name),
          .amplitude = 0.0,
          .shift_invariant = true};
}

template <ProductKernel K>
void product_values(const K& kernel, const double* x, MatrixView<const double> y, double* out) {
  for (Index j = 0; j < y.rows; ++j) out[j] = kernel.product_value(x, y.row(j), y.cols);
}

}  // namespace bochner::kernels
