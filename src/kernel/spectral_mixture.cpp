// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/spectral_mixture.hpp"

#include "kernel/checks.hpp"
#include "kernel/standard_form.hpp"
#include "kernel/whole_measure.hpp"
#include "linalg/twice.hpp"
#include "random/quantiles.hpp"

#include <cmath>
#include <memory>
#include <numbers>
#include <string>

namespace bochner {
namespace {

constexpr double kTwoPi = 2.0 * std::numbers::pi;

/// Entry k of a list that may have one entry for all.
double entry(const std::vector<double>& list, std::size_t k) {
  return list.size() == 1 ? list.front() : list[k];
}

/// mean d less whole cycles: cos is then as exact after 1e15 of them as after one.
double broken_cycles(double mean, double d) {
  if (mean == 0.0) return 0.0;
  const linalg::Twice cycles = linalg::exact_product(mean, d);
  return (cycles.high - std::nearbyint(cycles.high)) + (cycles.low - std::nearbyint(cycles.low));
}

double total_weight(const SpectralMixtureKernel& kernel) {
  double total = 0.0;
  for (const SpectralComponent& component : kernel.components) total += component.weight;
  return total;
}

class MixtureMeasure final : public WholeMeasure {
 public:
  explicit MixtureMeasure(const SpectralMixtureKernel& kernel) : kernel_(kernel) {}

  Index num_uniforms(Index dim) const override { return dim + 1; }

  void frequency(const double* u, Seed /*seed*/, Index /*row*/,
                 std::span<double> out) const override {
    double left = u[out.size()] * total_weight(kernel_);
    std::size_t q = 0;
    while (q + 1 < kernel_.components.size() && left >= kernel_.components[q].weight) {
      left -= kernel_.components[q++].weight;
    }
    const SpectralComponent& chosen = kernel_.components[q];
    for (std::size_t k = 0; k < out.size(); ++k) {
      out[k] = kTwoPi * (entry(chosen.means, k) + entry(chosen.scales, k) * normal_quantile(u[k]));
    }
  }

 private:
  SpectralMixtureKernel kernel_;
};

void require_one_or_all(const Door& door, const std::string& argument,
                        const std::vector<double>& list, Index dim) {
  const auto count = static_cast<Index>(list.size());
  if (count == 1 || count == dim) return;
  door.refuse(argument + " has " + std::to_string(count) + " entries, expected 1 or " +
              std::to_string(dim) + " (the input dimension)");
}

}  // namespace

SpectralMeasure SpectralMixtureKernel::spectral_measure() const {
  return {.law = std::make_shared<const MixtureMeasure>(*this)};
}

StandardForm SpectralMixtureKernel::standard_form(Index dim) const {
  const Door door(name);
  if (components.empty()) door.refuse("components is empty, expected at least one");
  for (std::size_t q = 0; q < components.size(); ++q) {
    const SpectralComponent& component = components[q];
    const std::string where = "components[" + std::to_string(q) + "].";
    door.positive(where + "weight", component.weight);
    require_one_or_all(door, where + "means", component.means, dim);
    door.finite(where + "means", component.means);
    require_one_or_all(door, where + "scales", component.scales, dim);
    kernels::require_not_negative(door, where + "scales", component.scales);
  }
  door.finite("the sum of the weights", total_weight(*this));
  return {.transform = {.diagonal = std::vector<double>(static_cast<std::size_t>(dim), 1.0),
                        .matrix = {}},
          .amplitude = 0.0,
          .shift_invariant = true,
          .scale = total_weight(*this)};
}

void SpectralMixtureKernel::values_by_rows(const double* x, MatrixView<const double> y,
                                           double* out) const {
  for (Index j = 0; j < y.rows; ++j) {
    double sum = 0.0;
    for (const SpectralComponent& component : components) {
      double cycles = 0.0;
      double square = 0.0;
      for (Index k = 0; k < y.cols; ++k) {
        const auto at = static_cast<std::size_t>(k);
        const double d = x[k] - y(j, k);
        const double spread = entry(component.scales, at) * d;
        cycles += broken_cycles(entry(component.means, at), d);
        square += spread * spread;
      }
      const double envelope = std::exp(-0.5 * kTwoPi * kTwoPi * square);
      // Where the envelope has vanished, cycles beyond the range of double do not matter.
      if (envelope != 0.0) sum += component.weight * envelope * std::cos(kTwoPi * cycles);
    }
    out[j] = sum;
  }
}

}  // namespace bochner
