// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernel/standard_form.hpp"
#include "kernel/whole_measure.hpp"

#include <vector>

/// \file
/// Spectral measures of sums and products of shift-invariant kernels.

namespace bochner::kernels {

/// Of a product: a frequency is the sum of one from each factor.
class ProductOfMeasures : public WholeMeasure {
 public:
  explicit ProductOfMeasures(const std::vector<KernelTerm>& terms);

  Index num_uniforms(Index dim) const override;
  void frequency(const double* u, Seed seed, Index row, std::span<double> out) const override;

 protected:
  /// Adds a frequency of term t, on its columns.
  void add(std::size_t t, const double* u, Seed seed, Index row, std::span<double> out) const;
  /// How many uniform numbers that takes.
  Index term_uniforms(std::size_t t, Index dim) const;
  /// weight k_t(x, x)
  double mass(std::size_t t, Index dim) const;
  std::size_t size() const { return terms_.size(); }

 private:
  std::vector<KernelTerm> terms_;
  std::vector<SpectralMeasure> measures_;
};

/// Of a sum: a frequency is that of one term, chosen in proportion to its mass.
class MixtureOfMeasures final : public ProductOfMeasures {
 public:
  using ProductOfMeasures::ProductOfMeasures;

  Index num_uniforms(Index dim) const override;
  void frequency(const double* u, Seed seed, Index row, std::span<double> out) const override;
};

}  // namespace bochner::kernels
