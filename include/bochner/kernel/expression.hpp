// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/export.hpp>
#include <bochner/kernel/parts.hpp>

#include <string_view>
#include <tuple>
#include <vector>

/// \file
/// Sums and products of kernels, which are kernels. `KernelTerm` is defined beside `Kernel`.

namespace bochner {

struct KernelTerm;

/// k(x, y) = sum_t weight_t k_t(x_t, y_t), x_t the term's columns of x: additive models, several
/// lengthscales, a scalar times a kernel (one term). Its spectral measure is the mixture of the
/// terms' measures, so that every shift-invariant term will do; frequencies are independent or
/// Sobol's.
struct BOCHNER_EXPORT SumKernel {
  static constexpr std::string_view name = "sum";
  std::vector<KernelTerm> terms;  ///< at least one

  SumKernel();  ///< the Gaussian alone
  explicit SumKernel(std::vector<KernelTerm> terms_in);
  static constexpr auto fields() { return std::tuple{Field{"terms", &SumKernel::terms}}; }

  // What a kernel says of itself (docs/extending).
  static constexpr KernelFamily family = KernelFamily::of_rows;
  SpectralMeasure spectral_measure() const;
  StandardForm standard_form(Index dim) const;
  void values_by_rows(const double* x, MatrixView<const double> y, double* out) const;

  BOCHNER_EXPORT friend bool operator==(const SumKernel& a, const SumKernel& b);
};

/// k(x, y) = prod_t weight_t k_t(x_t, y_t): one kernel for each group of columns, or several on the
/// same ones. A frequency is the sum of independent frequencies of the factors, each on its
/// columns; the rest as for `SumKernel`.
struct BOCHNER_EXPORT ProductKernel {
  static constexpr std::string_view name = "product";
  std::vector<KernelTerm> terms;  ///< the factors, at least one

  ProductKernel();  ///< the Gaussian alone
  explicit ProductKernel(std::vector<KernelTerm> terms_in);
  static constexpr auto fields() { return std::tuple{Field{"terms", &ProductKernel::terms}}; }

  // What a kernel says of itself (docs/extending).
  static constexpr KernelFamily family = KernelFamily::of_rows;
  SpectralMeasure spectral_measure() const;
  StandardForm standard_form(Index dim) const;
  void values_by_rows(const double* x, MatrixView<const double> y, double* out) const;

  BOCHNER_EXPORT friend bool operator==(const ProductKernel& a, const ProductKernel& b);
};

}  // namespace bochner
