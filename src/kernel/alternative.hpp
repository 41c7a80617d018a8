// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/kernel/kernel.hpp"
#include "kernel/product_measure.hpp"
#include "kernel/radial.hpp"
#include "kernel/rectified_kernel.hpp"
#include "kernel/series.hpp"

#include <concepts>
#include <string_view>
#include <variant>

/// \file
/// What a kernel in the registry must say about itself, so that an error names what is missing.

namespace bochner::kernels {

/// A kernel that gives its values from inner products of transformed rows.
template <class K>
concept KernelOfProducts = requires(const K& kernel, Index dim, const double* in, double* out) {
  { kernel.spectral_measure() } -> std::same_as<SpectralMeasure>;
  { kernel.standard_form(dim) } -> std::same_as<StandardForm>;
  { kernel.values(in, 0.0, in, out, dim) } -> std::same_as<void>;
};

/// A kernel that gives its values from the transformed rows.
template <class K>
concept KernelOfRows = requires(const K& kernel, Index dim, const double* x,
                                MatrixView<const double> y, double* out) {
  { kernel.spectral_measure() } -> std::same_as<SpectralMeasure>;
  { kernel.standard_form(dim) } -> std::same_as<StandardForm>;
  { kernel.values_by_rows(x, y, out) } -> std::same_as<void>;
};

/// What every kernel has.
template <class K>
concept KernelAlternative = std::equality_comparable<K> && requires {
  { K::name } -> std::convertible_to<std::string_view>;
  K::fields();
  { K::family } -> std::convertible_to<KernelFamily>;
};

/// Fails to compile, naming what is missing, unless the kernel has what its family needs.
template <class K>
constexpr bool is_complete() {
  static_assert(KernelAlternative<K>);
  if constexpr (K::family == KernelFamily::radial) static_assert(RadialKernel<K>);
  if constexpr (K::family == KernelFamily::rectified) static_assert(RectifiedKernel<K>);
  if constexpr (K::family == KernelFamily::series) static_assert(SeriesKernel<K>);
  if constexpr (K::family == KernelFamily::product) static_assert(ProductKernel<K>);
  if constexpr (K::family == KernelFamily::of_products) static_assert(KernelOfProducts<K>);
  if constexpr (K::family == KernelFamily::of_rows) static_assert(KernelOfRows<K>);
  return true;
}

template <class... K>
constexpr bool all_complete(const std::variant<K...>* /*type*/) {
  return (is_complete<K>() && ...);
}

}  // namespace bochner::kernels
