// SPDX-License-Identifier: Apache-2.0
#include "kernel/metric_transform.hpp"

#include "bochner/core/error.hpp"
#include "core/checked.hpp"
#include "core/text.hpp"

#include <cmath>
#include <string>

namespace bochner {
namespace {

double inverse_lengthscale(double lengthscale, const std::string& where) {
  const double inverse = 1.0 / lengthscale;
  if (!(lengthscale > 0.0) || !std::isfinite(lengthscale) || !std::isfinite(inverse)) {
    throw InvalidArgument(where + " is " + text::number(lengthscale) +
                          ", expected a positive, finite number");
  }
  return inverse;
}

InputTransform transform(const Isotropic& metric, Index dim, const std::string& kernel) {
  const double inverse = inverse_lengthscale(metric.lengthscale, kernel + ": lengthscale");
  return {.diagonal = std::vector<double>(static_cast<std::size_t>(dim), inverse), .matrix = {}};
}

InputTransform transform(const Diagonal& metric, Index dim, const std::string& kernel) {
  const auto count = static_cast<Index>(metric.lengthscales.size());
  if (count != dim) {
    throw InvalidArgument(kernel + ": lengthscales has " + std::to_string(count) +
                          " entries, expected " + std::to_string(dim) + " (the input dimension)");
  }
  InputTransform out;
  for (std::size_t k = 0; k < metric.lengthscales.size(); ++k) {
    out.diagonal.push_back(inverse_lengthscale(
        metric.lengthscales[k], kernel + ": lengthscales[" + std::to_string(k) + "]"));
  }
  return out;
}

InputTransform transform(const Full& metric, Index dim, const std::string& kernel) {
  const auto count = static_cast<Index>(metric.matrix.size());
  if (checked_product(dim, dim) != count) {
    throw InvalidArgument(kernel + ": the full metric has " + std::to_string(count) +
                          " entries, expected " + std::to_string(dim) + " x " +
                          std::to_string(dim) + " (the input dimension squared)");
  }
  for (std::size_t k = 0; k < metric.matrix.size(); ++k) {
    if (!std::isfinite(metric.matrix[k])) {
      throw InvalidArgument(kernel + ": entry " + std::to_string(k) + " of the full metric is " +
                            text::number(metric.matrix[k]) + ", expected a finite number");
    }
  }
  return {.diagonal = {}, .matrix = metric.matrix};
}

}  // namespace

InputTransform transform_of(const Metric& metric, Index dim, std::string_view kernel_name) {
  const std::string kernel(kernel_name);
  return std::visit([&](const auto& m) { return transform(m, dim, kernel); }, metric);
}

}  // namespace bochner
