// SPDX-License-Identifier: Apache-2.0
#include "kernel/metric_transform.hpp"

#include "core/checked.hpp"
#include "core/door.hpp"
#include "core/text.hpp"

#include <cmath>
#include <cstddef>
#include <iterator>
#include <string>

namespace bochner::kernels {
namespace {

double inverse_lengthscale(const Door& door, std::string_view argument, double lengthscale) {
  const double inverse = 1.0 / lengthscale;
  door.positive(argument, lengthscale);
  if (!std::isfinite(inverse)) {
    door.refuse(argument, text::number(lengthscale), "a number whose inverse is finite");
  }
  return inverse;
}

InputTransform transform(const Isotropic& metric, Index dim, const Door& door) {
  const double inverse = inverse_lengthscale(door, "lengthscale", metric.lengthscale);
  return {.diagonal = std::vector<double>(static_cast<std::size_t>(dim), inverse), .matrix = {}};
}

InputTransform transform(const Diagonal& metric, Index dim, const Door& door) {
  door.entries("lengthscales", std::ssize(metric.lengthscales), dim, "the input dimension");
  InputTransform out;
  for (std::size_t k = 0; k < metric.lengthscales.size(); ++k) {
    out.diagonal.push_back(inverse_lengthscale(door, "lengthscales[" + std::to_string(k) + "]",
                                               metric.lengthscales[k]));
  }
  return out;
}

InputTransform transform(const Full& metric, Index dim, const Door& door) {
  const auto count = std::ssize(metric.matrix);
  if (checked_product(dim, dim) != count) {
    door.refuse("matrix has " + std::to_string(count) + " entries, expected " +
                std::to_string(dim) + " x " + std::to_string(dim) +
                " (the input dimension squared)");
  }
  door.finite("matrix", metric.matrix);
  return {.diagonal = {}, .matrix = metric.matrix};
}

void stretch_by(Isotropic& metric, double factor) { metric.lengthscale *= factor; }

void stretch_by(Diagonal& metric, double factor) {
  for (double& l : metric.lengthscales) l *= factor;
}

void stretch_by(Full& metric, double factor) {
  for (double& a : metric.matrix) a /= factor;
}

}  // namespace

InputTransform transform_of(const Metric& metric, Index dim, std::string_view kernel_name) {
  const Door door(kernel_name);
  return std::visit([&](const auto& m) { return transform(m, dim, door); }, metric);
}

void stretch(Metric& metric, double factor) {
  std::visit([&](auto& m) { stretch_by(m, factor); }, metric);
}

}  // namespace bochner::kernels
