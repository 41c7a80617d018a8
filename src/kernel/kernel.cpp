// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/kernel.hpp"

#include "bochner/core/error.hpp"
#include "kernel/angular.hpp"
#include "kernel/arc_cosine.hpp"
#include "kernel/cauchy.hpp"
#include "kernel/exponentiated_power.hpp"
#include "kernel/gaussian.hpp"
#include "kernel/generalised_cauchy.hpp"
#include "kernel/laplacian.hpp"
#include "kernel/matern.hpp"
#include "kernel/rational_quadratic.hpp"
#include "kernel/softmax.hpp"

#include <algorithm>
#include <concepts>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

namespace bochner {
namespace {

/// What each alternative of the registry must bring, stated here so that the error names it.
template <class K>
concept KernelAlternative = requires(const K& kernel, Index dim, const double* in, double* out) {
  { K::name } -> std::convertible_to<std::string_view>;
  K::fields();
  { spectral_measure(kernel) } -> std::same_as<SpectralMeasure>;
  { standard_form(kernel, dim) } -> std::same_as<StandardForm>;
  kernel_values(kernel, in, 0.0, in, out, dim);
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
  std::visit([&](const auto& k) { kernel_values(k, xy, xx, yy, out, count); }, kernel);
}

double evaluate(const Kernel& kernel, const double* x, const double* y, Index dim) {
  const StandardForm form = standard_form(kernel, dim);
  std::vector<double> u(static_cast<std::size_t>(dim));
  std::vector<double> v(static_cast<std::size_t>(dim));
  form.transform.apply(x, u.data());
  form.transform.apply(y, v.data());
  if (form.shift_invariant) {  // differences first: no cancellation between close rows far from 0
    for (std::size_t k = 0; k < u.size(); ++k) u[k] -= v[k];
    std::fill(v.begin(), v.end(), 0.0);
  }
  const double xy = std::inner_product(u.begin(), u.end(), v.begin(), 0.0);
  const double xx = std::inner_product(u.begin(), u.end(), u.begin(), 0.0);
  const double yy = std::inner_product(v.begin(), v.end(), v.begin(), 0.0);
  double value = 0.0;
  kernel_values(kernel, &xy, xx, &yy, &value, 1);
  return value;
}

}  // namespace bochner
