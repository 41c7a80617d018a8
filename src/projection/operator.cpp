// SPDX-License-Identifier: Apache-2.0
#include "projection/operator.hpp"

#include "bochner/core/error.hpp"
#include "projection/count_sketch.hpp"
#include "projection/dense.hpp"
#include "projection/hadamard.hpp"
#include "projection/sobol.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <string>
#include <type_traits>

namespace bochner {
namespace {

constexpr int kMaxRounds = 8;

bool is_sketch(const Projection& projection) {
  return std::holds_alternative<CountSketchProjection>(projection);
}

bool is_fast_hadamard(const Projection& projection, const FrequencyLaw& law) {
  return std::holds_alternative<HadamardProjection>(projection) &&
         padded_to_power_of_two(law.dim) >= kSmallestHadamard;
}

bool is_structured(const Projection& projection, const FrequencyLaw& law) {
  return is_sketch(projection) || is_fast_hadamard(projection, law);
}

template <class P>
bool couples_directions(const P& /*projection*/) {
  return true;
}
bool couples_directions(const IidProjection& /*projection*/) { return false; }
bool couples_directions(const SobolProjection& /*projection*/) { return false; }
bool couples_directions(const RademacherProjection& /*projection*/) { return false; }
bool couples_directions(const CountSketchProjection& /*projection*/) { return false; }
bool couples_directions(const AntitheticProjection& projection) {
  return projection.directions == Directions::orthogonal;
}

}  // namespace

double FrequencyDraw::largest_scale() const {
  if (law_.products) return 1.0;
  if (!law_.spectrum.whole) return bochner::largest_scale(law_);
  double largest = 0.0;
  for (Index i = 0; i < rows_.size(); ++i) largest = std::max(largest, std::abs(rows_.data()[i]));
  return largest;
}

FrequencyDraw::FrequencyDraw(const Projection& projection, const FrequencyLaw& law)
    : projection_(projection), law_(law) {
  if (!is_structured(projection, law)) rows_ = draw_frequencies(projection, law);
}

template <Scalar T>
std::unique_ptr<const ProjectionOperator<T>> FrequencyDraw::make_operator(double factor) const {
  if (is_sketch(projection_)) return std::make_unique<CountSketchOperator<T>>(law_, factor);
  if (is_fast_hadamard(projection_, law_)) {
    return std::make_unique<HadamardOperator<T>>(std::get<HadamardProjection>(projection_), law_,
                                                 factor);
  }
  return std::make_unique<DenseOperator<T>>(rows_, factor);
}

FrequencyNorms FrequencyDraw::norms() const {
  FrequencyNorms norms{.squared = {}, .ambient_dim = law_.dim};
  if (is_fast_hadamard(projection_, law_)) {
    norms.ambient_dim = padded_to_power_of_two(law_.dim);
    const Radii radii = std::get<HadamardProjection>(projection_).radii;
    for (Index row = 0; row < law_.num_frequencies; ++row) {
      const double radius = draw_radius(radii, law_, norms.ambient_dim, row);
      norms.squared.push_back(radius * radius);
    }
    return norms;
  }
  for (Index row = 0; row < rows_.rows(); ++row) {
    double sum = 0.0;
    for (Index k = 0; k < rows_.cols(); ++k) sum += rows_(row, k) * rows_(row, k);
    norms.squared.push_back(sum);
  }
  return norms;
}

Matrix<double> draw_frequencies(const Projection& projection, const FrequencyLaw& law) {
  return std::visit([&](const auto& p) { return draw_frequencies(p, law); }, projection);
}

void check_size(const Projection& projection, const FrequencyLaw& law) {
  if (!std::holds_alternative<SobolProjection>(projection)) return;
  const auto at_most = [](const char* what, Index value, Index most) {
    if (value <= most) return;
    throw InvalidArgument("sobol: " + std::string(what) + std::to_string(value) +
                          ", expected at most " + std::to_string(most));
  };
  at_most("uniform numbers a frequency, from input_dim, are ", num_uniforms(law), kSobolDimensions);
  at_most("num_frequencies is ", law.num_frequencies, kSobolPoints);
}

std::optional<std::string> incompatibility_of(const SpectralMeasure& spectrum,
                                              const Projection& projection) {
  return std::visit(
      [&]<class P>(const P& p) -> std::optional<std::string> {
        if (spectrum.whole && couples_directions(p)) {
          return std::string(P::name) +
                 " frequencies couple directions, and those of this kernel are not isotropic: use "
                 "iid, sobol or antithetic(directions=independent)";
        }
        constexpr bool kSigns = std::same_as<P, RademacherProjection>;
        constexpr bool kSketch = std::same_as<P, CountSketchProjection>;
        if (kSigns && !spectrum.series) {
          return std::string(P::name) +
                 " frequencies are factors of features of dot-product kernels: polynomial, "
                 "dot-product, softmax";
        }
        if (kSketch && !(spectrum.series && spectrum.series->as_power())) {
          return std::string(P::name) + " frequencies are of the polynomial kernel";
        }
        if constexpr (requires { p.radii; }) {
          if (p.radii == Radii::constant && !is_normal(spectrum)) {
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

template std::unique_ptr<const ProjectionOperator<float>> FrequencyDraw::make_operator<float>(
    double) const;
template std::unique_ptr<const ProjectionOperator<double>> FrequencyDraw::make_operator<double>(
    double) const;

}  // namespace bochner
