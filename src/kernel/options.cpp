// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/options.hpp"

namespace bochner {

const Metric* metric_of(const Kernel& kernel) {
  return std::visit(
      [](const auto& k) -> const Metric* {
        if constexpr (requires { k.metric; }) {
          return &k.metric;
        } else {
          return nullptr;
        }
      },
      kernel);
}

const double* dot_scale_of(const Kernel& kernel) {
  return std::visit(
      [](const auto& k) -> const double* {
        if constexpr (requires { k.dot_scale(); }) {
          return &k.dot_scale();
        } else {
          return nullptr;
        }
      },
      kernel);
}

const Metric* lengthscales_of(const Kernel& kernel) {
  return dot_scale_of(kernel) == nullptr ? metric_of(kernel) : nullptr;
}

Metric* lengthscales_of(Kernel& kernel) {
  return const_cast<Metric*>(lengthscales_of(static_cast<const Kernel&>(kernel)));
}

Metric* metric_of(Kernel& kernel) {
  return const_cast<Metric*>(metric_of(static_cast<const Kernel&>(kernel)));
}

double* dot_scale_of(Kernel& kernel) {
  return const_cast<double*>(dot_scale_of(static_cast<const Kernel&>(kernel)));
}

}  // namespace bochner
