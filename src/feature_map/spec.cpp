// SPDX-License-Identifier: Apache-2.0
#include "bochner/feature_map.hpp"

#include "core/checked.hpp"
#include "core/door.hpp"
#include "core/text.hpp"
#include "features/stage.hpp"
#include "kernel/shorthand.hpp"
#include "kernel/standard_form.hpp"
#include "linalg/inverse.hpp"
#include "projection/operator.hpp"

#include <iterator>
#include <ostream>
#include <span>

namespace bochner {
namespace {

constexpr Door kSpecDoor("FeatureMapSpec");

/// In x'.y' = x.y rounding errors grow with the condition of M: half of double's digits are left.
constexpr double kLargestCondition = 1e8;

Index features_per_frequency(const FeatureFunction& features) {
  return std::visit([](const auto& f) { return f.features_per_frequency; }, features);
}

/// Some feature functions and projections go with one another and with nothing else.
std::optional<std::string> uncoupled(const Projection& projection,
                                     const FeatureFunction& features) {
  return std::visit(
      []<class P, class F>(const P&, const F&) -> std::optional<std::string> {
        if (!F::partner.empty() && F::partner != P::name) {
          return std::string(F::name) + " features need " + std::string(F::partner) +
                 " frequencies";
        }
        if (!P::partner.empty() && P::partner != F::name) {
          return std::string(P::name) + " frequencies need " + std::string(P::partner) +
                 " features";
        }
        return std::nullopt;
      },
      projection, features);
}

/// Phases that no feature would see.
std::optional<std::string> idle_phases(const Projection& projection,
                                       const FeatureFunction& features) {
  const GivenFrequencies* const given = given_frequencies(projection);
  if (given == nullptr || given->phases().empty()) return std::nullopt;
  return std::visit(
      []<class F>(const F&) -> std::optional<std::string> {
        if constexpr (requires { F::has_phases; }) {
          return std::nullopt;
        } else {
          return "given frequencies have phases, and " + std::string(F::name) +
                 " features have none: use cosine features";
        }
      },
      features);
}

void require_shift(std::string_view member, const std::vector<double>& shift, Index dim) {
  if (shift.empty()) return;
  kSpecDoor.entries(member, std::ssize(shift), dim, "input_dim, or none")
      .finite(member, std::span(shift));
}

/// M keeps inner products of transformed rows, and only exp of these is a kernel without a factor
/// that M changes.
void require_matrix(const std::vector<double>& matrix, const Kernel& kernel,
                    const StandardForm& form, Index dim) {
  const std::string member = "transform.matrix";
  if (!takes_matrix(form)) {
    kSpecDoor.refuse(member + " changes the kernel " + to_text(kernel) +
                     ", which is not the exponential of an inner product; expected no matrix, or a "
                     "softmax kernel");
  }
  if (checked_product(dim, dim) != std::ssize(matrix)) {
    kSpecDoor.refuse(member + " has " + std::to_string(matrix.size()) + " entries, expected " +
                     std::to_string(dim) + " x " + std::to_string(dim) +
                     " (input_dim squared), or none");
  }
  kSpecDoor.finite(member, std::span(matrix));
  const double condition =
      linalg::inverse(MatrixView<const double>(matrix.data(), dim, dim)).condition;
  if (condition <= kLargestCondition) return;
  kSpecDoor.refuse(member,
                   "singular, or nearly so: its condition number is " + text::rounded(condition, 3),
                   "at most " + text::number(kLargestCondition));
}

/// `form` is that of the spec's kernel.
void require_transform(const FeatureMapSpec& spec, const SpectralMeasure& spectrum,
                       const StandardForm& form) {
  const auto& [query, key, matrix] = spec.transform;
  if (spec.transform == PairTransform{}) return;
  require_shift("transform.query", query, spec.input_dim);
  require_shift("transform.key", key, spec.input_dim);
  if (needs_origin(spectrum)) {
    kSpecDoor.refuse("transform changes the kernel " + to_text(spec.kernel) +
                     ", which depends on the origin; expected no shifts and no matrix");
  }
  if (form.shift_invariant && query != key) {
    kSpecDoor.refuse(
        "transform.query and transform.key differ; a shift-invariant kernel needs one and the same "
        "shift for both");
  }
  if (!matrix.empty()) require_matrix(matrix, spec.kernel, form, spec.input_dim);
}

}  // namespace

Index num_features(const FeatureMapSpec& spec) {
  return spec.num_frequencies * features_per_frequency(spec.features);
}

Index num_frequencies_for(const FeatureFunction& features, Index num_features) {
  const Index each = features_per_frequency(features);
  if (num_features < 1 || num_features % each != 0) {
    Door("num_frequencies_for")
        .refuse("num_features", std::to_string(num_features),
                "a positive multiple of " + std::to_string(each) + " (columns per frequency of " +
                    to_text(features) + ")");
  }
  return num_features / each;
}

std::optional<std::string> incompatibility(const Kernel& kernel, const Projection& projection,
                                           const FeatureFunction& features) {
  const SpectralMeasure spectrum = spectral_measure(kernel);
  if (auto reason = incompatibility_of(spectrum, features)) return reason;
  if (auto reason = incompatibility_of(spectrum, projection)) return reason;
  if (auto reason = idle_phases(projection, features)) return reason;
  return uncoupled(projection, features);
}

void validate(const FeatureMapSpec& spec) {
  kSpecDoor.at_least("input_dim", spec.input_dim, 1)
      .at_least("num_frequencies", spec.num_frequencies, 1);
  const auto size = checked_product(spec.input_dim, spec.num_frequencies);
  if (!size || !checked_product(*size, 64)) {
    kSpecDoor.refuse("input_dim x num_frequencies is " + std::to_string(spec.input_dim) + " x " +
                     std::to_string(spec.num_frequencies) + ", too large to address");
  }
  if (text::depth(spec.kernel) > text::kMaxDepth) {
    kSpecDoor.refuse(
        "sums and products of kernels are nested too deeply to be written and read again; expected "
        "at most five in each other");
  }
  const StandardForm form = standard_form(spec.kernel, spec.input_dim);
  if (const auto reason = incompatibility(spec.kernel, spec.projection, spec.features)) {
    kSpecDoor.refuse(*reason);
  }
  const FrequencyLaw law{.dim = spec.input_dim,
                         .num_frequencies = spec.num_frequencies,
                         .spectrum = spectral_measure(spec.kernel),
                         .seed = spec.seed};
  check(spec.projection, law);
  check(spec.features, law);
  require_transform(spec, law.spectrum, form);
}

FeatureMapSpec with_frequencies(FeatureMapSpec spec, const GivenFrequencies& frequencies) {
  constexpr Door kDoor("with_frequencies");
  const GivenFrequencies* const named = given_frequencies(spec.projection);
  if (named == nullptr) {
    kDoor.refuse("spec.projection", to_text(spec.projection), "given frequencies");
  }
  if (!set_given_frequencies(spec.projection, frequencies)) {
    kDoor.refuse("frequencies", "of digest " + frequencies.to_word(),
                 named->to_word() + " (the spec's)");
  }
  return spec;
}

std::string to_text(const Kernel& kernel) { return text::write(kernel); }
std::string to_text(const Projection& projection) { return text::write(projection); }
std::string to_text(const FeatureFunction& features) { return text::write(features); }

std::string to_text(const FeatureMapSpec& spec) {
  std::string out = "input_dim=" + text::write(spec.input_dim) +
                    " num_frequencies=" + text::write(spec.num_frequencies) +
                    " kernel=" + to_text(spec.kernel) + " projection=" + to_text(spec.projection) +
                    " features=" + to_text(spec.features) + " seed=" + text::write(spec.seed.value);
  if (spec.transform != PairTransform{}) out += " transform=" + text::write(spec.transform);
  return out;
}

namespace {

template <class T>
T parse_alternative(std::string_view text) {
  T out;
  text::read(text::parse_value(text), out);
  return out;
}

}  // namespace

Kernel parse_kernel(std::string_view text) { return parse_alternative<Kernel>(text); }
Projection parse_projection(std::string_view text) { return parse_alternative<Projection>(text); }
FeatureFunction parse_features(std::string_view text) {
  return parse_alternative<FeatureFunction>(text);
}

std::ostream& operator<<(std::ostream& out, const FeatureMapSpec& spec) {
  return out << to_text(spec);
}
std::ostream& operator<<(std::ostream& out, const Kernel& kernel) { return out << to_text(kernel); }
std::ostream& operator<<(std::ostream& out, const Projection& projection) {
  return out << to_text(projection);
}
std::ostream& operator<<(std::ostream& out, const FeatureFunction& features) {
  return out << to_text(features);
}

FeatureMapSpec parse_spec(std::string_view text) {
  FeatureMapSpec spec;
  for (const auto& [name, value] : text::parse_members(text).members) {
    if (name == "input_dim") {
      text::read(value, spec.input_dim);
    } else if (name == "num_frequencies") {
      text::read(value, spec.num_frequencies);
    } else if (name == "kernel") {
      text::read(value, spec.kernel);
    } else if (name == "projection") {
      text::read(value, spec.projection);
    } else if (name == "features") {
      text::read(value, spec.features);
    } else if (name == "seed") {
      text::read(value, spec.seed.value);
    } else if (name == "transform") {
      text::read(value, spec.transform);
    } else if (name == "centring" && value.word == "centre") {  // until version 0.1
      text::read_fields(value, spec.transform);
    } else {
      text::fail(value, "unknown member '" + name +
                            "'; expected one of input_dim, num_frequencies, kernel, projection, "
                            "features, seed, transform");
    }
  }
  return spec;
}

}  // namespace bochner

std::size_t std::hash<bochner::FeatureMapSpec>::operator()(
    const bochner::FeatureMapSpec& spec) const {
  return std::hash<std::string>{}(bochner::to_text(spec));
}
