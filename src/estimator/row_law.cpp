// SPDX-License-Identifier: Apache-2.0
#include "estimator/row_law.hpp"

#include "features/degrees.hpp"
#include "kernel/product_layout.hpp"
#include "kernel/standard_form.hpp"
#include "projection/hadamard.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace bochner {
namespace {

using enum RowLaw::Argument;
using enum RowLaw::Sides;

RowLaw law_of(const TrigonometricFeatures& /*features*/) {
  return {.argument = difference, .sides = both};
}
RowLaw law_of(const CosineFeatures& /*features*/) {
  return {.argument = difference, .sides = both, .phase_variance = 0.5};
}
RowLaw law_of(const PositiveFeatures& /*features*/) { return {.argument = sum, .sides = one}; }
RowLaw law_of(const HyperbolicFeatures& /*features*/) { return {.argument = sum, .sides = both}; }
RowLaw law_of(const OprfFeatures& features) {
  return {.argument = sum, .sides = one, .a = features.a};
}
RowLaw law_of(const HyperbolicOprfFeatures& features) {
  return {.argument = sum, .sides = both, .a = features.a};
}

// Depends on a pair through more than one number: see `direct_moments`.
RowLaw law_of(const RectifiedFeatures& /*features*/) { return {}; }

RowLaw law_of(const MaclaurinFeatures& /*features*/) { return {.argument = product}; }
RowLaw law_of(const TensorSketchFeatures& /*features*/) { return {.argument = product}; }

/// One block, however many rows: only other draws are independent of it.
constexpr Index kEndless = Index{1} << 40;

BlockLaw law_of(const IidProjection& /*projection*/, Index dim) {
  return {.size = 1, .dim = static_cast<double>(dim)};
}
BlockLaw law_of(const OrthogonalProjection& projection, Index dim) {
  return {.size = dim, .dim = static_cast<double>(dim), .radii = projection.radii};
}
// Rows are orthogonal in the padded space, with radii of its dimension.
BlockLaw law_of(const HadamardProjection& projection, Index dim) {
  const Index padded = padded_to_power_of_two(dim);
  return law_of(OrthogonalProjection{projection.radii}, padded < kSmallestHadamard ? dim : padded);
}

BlockLaw law_of(const SimplexProjection& /*projection*/, Index dim) {
  const auto d = static_cast<double>(dim);
  return {.size = dim, .dim = d, .cosine = dim > 1 ? -1.0 / (d - 1.0) : 0.0};
}
BlockLaw law_of(const SobolProjection& /*projection*/, Index dim) {
  return {.size = kEndless, .dim = static_cast<double>(dim)};
}
BlockLaw law_of(const RademacherProjection& /*projection*/, Index dim) {
  return law_of(IidProjection{}, dim);
}
BlockLaw law_of(const CountSketchProjection& /*projection*/, Index dim) {
  return {.size = kEndless, .dim = static_cast<double>(dim), .pairing = BlockLaw::Pairing::sketch};
}
BlockLaw law_of(const AntitheticProjection& projection, Index dim) {
  return {.size = projection.directions == Directions::orthogonal ? 2 * dim : 2,
          .dim = static_cast<double>(dim),
          .pairing = BlockLaw::Pairing::opposite};
}

}  // namespace

double BlockLaw::Shares::mix(double row, double pair, double block) const {
  const auto part = [](double share, double value) { return share == 0.0 ? 0.0 : share * value; };
  return part(rows, row) + part(pairs, pair) + part(blocks, block);
}

BlockLaw::Shares BlockLaw::shares(Index num_frequencies) const {
  const auto m = static_cast<double>(num_frequencies);
  if (pairing == Pairing::sketch) {
    // Collisions of both kinds at once: in one of D buckets, or in two (0 and D / 2) at a time.
    double rows = 0.0;
    for (const SketchColumns& sketch : sketch_columns(num_frequencies)) {
      rows += sketch.count == 1 ? 1.0 : 2.0;
    }
    return {.rows = rows / m, .pairs = 0.0, .blocks = 1.0 - rows / m};
  }
  if (size == 1) return {};
  const Index rest = num_frequencies % size;
  const auto whole_rows = static_cast<double>(num_frequencies - rest);
  const auto rest_rows = static_cast<double>(rest);
  if (pairing == Pairing::none) {
    const auto others = static_cast<double>(size - 1);
    const double blocks = (whole_rows + rest_rows * ((rest_rows - 1.0) / others)) / m;
    return {.rows = 1.0 - blocks, .pairs = 0.0, .blocks = blocks};
  }
  const auto paired = static_cast<double>(num_frequencies - num_frequencies % 2);
  if (size == 2) return {.rows = (m - paired) / m, .pairs = 0.0, .blocks = paired / m};
  // Of the rows of the truncated block, ordered pairs that are orthogonal, over those that a row of
  // a whole block has.
  const double rest_paired = static_cast<double>(rest - rest % 2);
  const double rest_blocks =
      (rest_rows * (rest_rows - 1.0) - rest_paired) / static_cast<double>(size - 2);
  const double blocks = (whole_rows + std::max(rest_blocks, 0.0)) / m;
  return {.rows = (m - paired) / m, .pairs = std::max(paired / m - blocks, 0.0), .blocks = blocks};
}

RowLaw row_law(const FeatureFunction& features) {
  return std::visit([](const auto& f) { return law_of(f); }, features);
}

RowLaw row_law(const Kernel& kernel, const FeatureFunction& features) {
  RowLaw law = row_law(features);
  const SpectralMeasure measure = spectral_measure(kernel);
  if (!is_normal(measure)) {
    law.profile = [kernel](double s) {
      constexpr double kNothing = 0.0;
      double value = 0.0;
      kernel_values(kernel, &kNothing, s, &kNothing, &value, 1);
      return value;
    };
    auto nodes = measure.whole ? std::vector<ScaleNode>{} : scale_nodes(measure.scale);
    if (!nodes.empty()) {
      law.scales = std::make_shared<const std::vector<ScaleNode>>(std::move(nodes));
    }
  }
  return law;
}

std::optional<std::string> closed_form_gap(const Kernel& kernel, const Projection& projection) {
  if (std::holds_alternative<RademacherProjection>(projection) ||
      std::holds_alternative<CountSketchProjection>(projection)) {
    return std::nullopt;
  }
  if (std::holds_alternative<SobolProjection>(projection)) {
    return "the error of quasi-random frequencies has no closed form; draw several scrambles "
           "(`estimate`, other seeds)";
  }
  if (!spectral_measure(kernel).refusal.empty()) return spectral_measure(kernel).refusal;
  if (spectral_measure(kernel).rectifier || spectral_measure(kernel).whole) {
    return "no closed form is known here for the error over many pairs, or of coupled frequencies, "
           "of " +
           to_text(kernel);
  }
  const SpectralMeasure measure = spectral_measure(kernel);
  const BlockLaw block = block_law(projection, 2);
  const Index alone = block.pairing == BlockLaw::Pairing::opposite ? 2 : 1;
  if (is_normal(measure) || block.size == alone) return std::nullopt;
  const bool elementary = !scale_nodes(measure.scale).empty();
  if (block.cosine == 0.0 && elementary) return std::nullopt;
  const std::string why =
      elementary
          ? "the mean over two radii factorises at a right angle only, unless they are chi(d); "
            "orthogonal frequencies have one"
          : "the law of its scale has no elementary density; independent frequencies have one";
  return "no closed form is known here for " + to_text(projection) + " frequencies of " +
         to_text(kernel) + ": " + why;
}

BlockLaw block_law(const Projection& projection, Index input_dim) {
  return std::visit([&](const auto& p) { return law_of(p, input_dim); }, projection);
}

BlockLaw block_law(const FeatureMapSpec& spec) {
  BlockLaw block = block_law(spec.projection, spec.input_dim);
  const auto* maclaurin = std::get_if<MaclaurinFeatures>(&spec.features);
  const auto series = spectral_measure(spec.kernel).series;
  if (maclaurin == nullptr || !series) return block;
  block.exact = exact_split(*maclaurin, *series).columns(spec.input_dim);
  if (block.exact > 0) block.size = kEndless;
  return block;
}

Index least_frequencies(const FeatureMapSpec& spec) { return 1 + block_law(spec).exact; }

}  // namespace bochner
