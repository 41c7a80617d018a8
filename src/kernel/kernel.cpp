// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/kernel.hpp"

#include "bochner/core/error.hpp"
#include "core/assert.hpp"
#include "core/finite.hpp"
#include "kernel/angular.hpp"
#include "kernel/arc_cosine.hpp"
#include "kernel/cauchy.hpp"
#include "kernel/dot_product.hpp"
#include "kernel/exponentiated_power.hpp"
#include "kernel/expression.hpp"
#include "kernel/gaussian.hpp"
#include "kernel/generalised_cauchy.hpp"
#include "kernel/laplacian.hpp"
#include "kernel/matern.hpp"
#include "kernel/precise_values.hpp"
#include "kernel/product_cauchy.hpp"
#include "kernel/product_laplacian.hpp"
#include "kernel/rational_quadratic.hpp"
#include "kernel/softmax.hpp"
#include "kernel/spectral_mixture.hpp"

#include <cmath>
#include <concepts>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

namespace bochner {
namespace {

/// Values from the transformed rows.
template <class K>
concept RowValued = requires(const K& kernel, const double* x, MatrixView<const double> y,
                             double* out) {
  values_by_rows(kernel, x, y, out);
};

/// Values from inner products of transformed rows.
template <class K>
concept ProductValued =
    !RowValued<K> && requires(const K& kernel, Index count, const double* in, double* out) {
  kernel_values(kernel, in, 0.0, in, out, count);
};

/// What each alternative of the registry must bring, stated here so that the error names it.
template <class K>
concept KernelAlternative = (ProductValued<K> || RowValued<K>)&&requires(const K& kernel,
                                                                         Index dim) {
  { K::name } -> std::convertible_to<std::string_view>;
  K::fields();
  { spectral_measure(kernel) } -> std::same_as<SpectralMeasure>;
  { standard_form(kernel, dim) } -> std::same_as<StandardForm>;
};

template <class... K>
constexpr bool all_complete(const std::variant<K...>* /*type*/) {
  return (KernelAlternative<K> && ...);
}
static_assert(all_complete(static_cast<const Kernel*>(nullptr)));

}  // namespace

SpectralMeasure spectral_measure(const Kernel& kernel) {
  return std::visit([](const auto& k) { return spectral_measure(k); }, kernel);
}

StandardForm standard_form(const Kernel& kernel, Index dim) {
  if (dim < 1) {
    throw InvalidArgument("kernel: the input dimension is " + std::to_string(dim) +
                          ", expected at least 1");
  }
  return std::visit([&](const auto& k) { return standard_form(k, dim); }, kernel);
}

void kernel_values(const Kernel& kernel, const double* xy, double xx, const double* yy, double* out,
                   Index count) {
  BOCHNER_ASSERT(has_product_values(kernel));
  std::visit(
      [&]<class K>(const K& k) {
        if constexpr (ProductValued<K>) kernel_values(k, xy, xx, yy, out, count);
      },
      kernel);
}

bool has_product_values(const Kernel& kernel) {
  return std::visit([]<class K>(const K&) { return ProductValued<K>; }, kernel);
}

void row_values(const Kernel& kernel, const double* x, MatrixView<const double> y, double* out) {
  std::visit(
      [&]<class K>(const K& k) {
        if constexpr (RowValued<K>) {
          values_by_rows(k, x, y, out);
        } else {
          const auto product = [&](const double* a, const double* b) {
            return std::inner_product(a, a + y.cols, b, 0.0);
          };
          const double xx = product(x, x);
          for (Index j = 0; j < y.rows; ++j) {
            const double xy = product(x, y.row(j));
            const double yy = product(y.row(j), y.row(j));
            kernel_values(k, &xy, xx, &yy, out + j, 1);
          }
        }
      },
      kernel);
}

double evaluate(const Kernel& kernel, const double* x, const double* y, Index dim) {
  const StandardForm form = standard_form(kernel, dim);
  require_finite<double>("evaluate", "x", {x, 1, dim});
  require_finite<double>("evaluate", "y", {y, 1, dim});
  double value = 0.0;
  precise_values(kernel, form, x, {y, 1, dim}, &value);
  if (!std::isfinite(value)) {
    throw InvalidArgument("evaluate: the kernel's value overflows; scale the inputs down");
  }
  return value;
}

}  // namespace bochner
