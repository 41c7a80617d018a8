// SPDX-License-Identifier: Apache-2.0
#include "projection/operator.hpp"

#include "bochner/core/error.hpp"
#include "projection/dense.hpp"
#include "projection/hadamard.hpp"

#include <string>
#include <type_traits>

namespace bochner {
namespace {

constexpr int kMaxRounds = 8;

bool is_structured(const Projection& projection, const FrequencyLaw& law) {
  return std::holds_alternative<HadamardProjection>(projection) &&
         padded_to_power_of_two(law.dim) >= kSmallestHadamard;
}

}  // namespace

template <Scalar T>
std::unique_ptr<const ProjectionOperator<T>> make_operator(const Projection& projection,
                                                           const FrequencyLaw& law, double factor) {
  if (is_structured(projection, law)) {
    return std::make_unique<HadamardOperator<T>>(std::get<HadamardProjection>(projection), law,
                                                 factor);
  }
  return std::make_unique<DenseOperator<T>>(draw_frequencies(projection, law), factor);
}

Matrix<double> draw_frequencies(const Projection& projection, const FrequencyLaw& law) {
  return std::visit([&](const auto& p) { return draw_frequencies(p, law); }, projection);
}

FrequencyNorms frequency_norms(const Projection& projection, const FrequencyLaw& law) {
  FrequencyNorms norms{.squared = {}, .ambient_dim = law.dim};
  if (is_structured(projection, law)) {
    norms.ambient_dim = padded_to_power_of_two(law.dim);
    const Radii radii = std::get<HadamardProjection>(projection).radii;
    for (Index row = 0; row < law.num_frequencies; ++row) {
      const double radius = draw_radius(radii, law, norms.ambient_dim, row);
      norms.squared.push_back(radius * radius);
    }
    return norms;
  }
  const Matrix<double> w = draw_frequencies(projection, law);
  for (Index row = 0; row < w.rows(); ++row) {
    double sum = 0.0;
    for (Index k = 0; k < w.cols(); ++k) sum += w(row, k) * w(row, k);
    norms.squared.push_back(sum);
  }
  return norms;
}

std::optional<std::string> incompatibility_of(const SpectralMeasure& spectrum,
                                              const Projection& projection) {
  return std::visit(
      [&]<class P>(const P& p) -> std::optional<std::string> {
        if constexpr (requires { p.radii; }) {
          if (p.radii == Radii::constant && !is_normal(spectrum.scale)) {
            return std::string(P::name) +
                   " frequencies with constant radii sqrt(d) stand for normal ones (gaussian, "
                   "softmax); the radii of this kernel are spread: use radii=sampled";
          }
        }
        return std::nullopt;
      },
      projection);
}

void validate(const Projection& projection) {
  if (const auto* hadamard = std::get_if<HadamardProjection>(&projection)) {
    if (hadamard->rounds < 1 || hadamard->rounds > kMaxRounds) {
      throw InvalidArgument("hadamard: rounds is " + std::to_string(hadamard->rounds) +
                            ", expected 1 to " + std::to_string(kMaxRounds));
    }
  }
}

template std::unique_ptr<const ProjectionOperator<float>> make_operator<float>(const Projection&,
                                                                               const FrequencyLaw&,
                                                                               double);
template std::unique_ptr<const ProjectionOperator<double>> make_operator<double>(
    const Projection&, const FrequencyLaw&, double);

}  // namespace bochner
