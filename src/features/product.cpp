// SPDX-License-Identifier: Apache-2.0
#include "features/product.hpp"

#include "features/amplitude.hpp"
#include "features/row_products.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

namespace bochner::feature_functions {
namespace {

constexpr double kNothing = -std::numeric_limits<double>::infinity();
/// Projections are divided by powers of two down to here; rows of shorter ones have small features.
constexpr int kShortest = -1000;

}  // namespace

template <Scalar T>
ProductStage<T>::ProductStage(std::shared_ptr<const ProductLayout> layout, std::vector<Run> runs)
    : layout_(std::move(layout)),
      num_features_(static_cast<Index>(layout_->degree.size())),
      runs_(std::move(runs)) {}

template <Scalar T>
typename ProductStage<T>::RowScale ProductStage<T>::row_scale(const T* p) const noexcept {
  T largest{0};
  for (Index k = 0; k < layout_->num_projections(); ++k) {
    largest = std::max(largest, std::abs(p[k]));
  }
  if (!std::isfinite(largest) || largest == T{0}) return {};
  const int e = std::max(std::ilogb(largest) + 1, kShortest);
  return {.unit = std::ldexp(1.0, -e), .exponent = static_cast<double>(e)};
}

template <Scalar T>
double ProductStage<T>::run_scale(const Run& run, const RowScale& row, double log_amplitude,
                                  double exponent) const noexcept {
  return std::exp2(run.log_weight + static_cast<double>(run.degree) * row.exponent + log_amplitude -
                   exponent);
}

template <Scalar T>
void ProductStage<T>::features(T* block, Index ld, Index rows, const double* log_amplitude,
                               std::int32_t* exponent) const noexcept {
  for (Index r = 0; r < rows; ++r) {
    T* const phi = block + r * ld;
    const T* const p = phi + projection_column();
    const RowScale row = row_scale(p);
    double top = kNothing;
    for (const Run& run : runs_) {
      top = std::max(top, run.log_weight + static_cast<double>(run.degree) * row.exponent);
    }
    top = std::ceil(top + log_amplitude[r]);
    if (!(std::abs(top) < kLargestExponent)) top = 0.0;
    // Products are at most one before the largest is known, and again once it is.
    double largest = 0.0;
    const auto products = [&] {
      largest = 0.0;
      for (const Run& run : runs_) {
        largest = std::max(
            largest, multiply(run, p, row.unit, run_scale(run, row, log_amplitude[r], top), phi));
      }
    };
    products();
    if (largest > 0.0 && std::isfinite(largest)) {
      const int shift = std::ilogb(largest) + 1;
      top += shift;
      products();
    }
    exponent[r] = static_cast<std::int32_t>(top);
  }
}

template <Scalar T>
void ProductStage<T>::pull(T* block, Index ld, Index rows, const double* log_amplitude,
                           const T* dphi, Index lddphi, T* dp, Index lddp,
                           double* damplitude) const noexcept {
  std::array<std::int32_t, simd::kBlockRows> exponent;
  features(block, ld, rows, log_amplitude, exponent.data());
  for (Index r = 0; r < rows; ++r) {
    const T* const phi = block + r * ld;
    const T* const p = phi + projection_column();
    const RowScale row = row_scale(p);
    for (const Run& run : runs_) {
      pull_run(run, p, row.unit,
               run_scale(run, row, log_amplitude[r], exponent[static_cast<std::size_t>(r)]),
               dphi + r * lddphi, dp + r * lddp);
    }
    damplitude[r] = std::numbers::ln2 * row_product(phi, dphi + r * lddphi, num_features_);
  }
}

template class ProductStage<float>;
template class ProductStage<double>;

}  // namespace bochner::feature_functions
