// SPDX-License-Identifier: Apache-2.0
#include "estimator/row_law.hpp"

#include "estimator/paired_radii.hpp"
#include "features/alternative.hpp"
#include "kernel/standard_form.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace bochner::estimator {
RowLaw row_law(const FeatureFunction& features) {
  return std::visit(
      []<class F>(const F& f) {
        if constexpr (feature_functions::ExponentialFeatures<F>) {
          return feature_functions::exponential_row_law(f.exponential_law());
        } else {
          return f.row_law();
        }
      },
      features);
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
    auto nodes = measure.whole() ? std::vector<ScaleNode>{} : scale_nodes(measure.scale());
    if (!nodes.empty()) {
      law.scales = std::make_shared<const std::vector<ScaleNode>>(std::move(nodes));
    }
  }
  return law;
}

std::optional<std::string> closed_form_gap(const Kernel& kernel, const Projection& projection) {
  const BlockLaw block = block_law(projection, 2);
  if (!block.gap.empty()) return std::string(block.gap);
  // Products of projections have laws of their own.
  if (std::visit([](const auto& p) { return !p.partner.empty(); }, projection)) return std::nullopt;
  const SpectralMeasure measure = spectral_measure(kernel);
  if (measure.refusal()) return *measure.refusal();
  if (measure.rectifier() || measure.whole()) {
    return "no closed form is known here for the error over many pairs, or of coupled frequencies, "
           "of " +
           to_text(kernel);
  }
  const Index alone = block.pairing == BlockLaw::Pairing::opposite ? 2 : 1;
  if (is_normal(measure) || block.size == alone) return std::nullopt;
  const bool elementary = !scale_nodes(measure.scale()).empty();
  const bool paired = block.pairing == BlockLaw::Pairing::radii;
  if (block.cosine == 0.0 && elementary && !paired) return std::nullopt;
  const std::string why =
      paired ? "complementary radii have one where they are chi(d); use radii=sampled"
      : elementary
          ? "the mean over two radii factorises at a right angle only, unless they are chi(d); "
            "orthogonal frequencies have one"
          : "the law of its scale has no elementary density; independent frequencies have one";
  return "no closed form is known here for " + to_text(projection) + " frequencies of " +
         to_text(kernel) + ": " + why;
}

BlockLaw block_law(const Projection& projection, Index input_dim) {
  BlockLaw block = std::visit([&](const auto& p) { return p.block_law(input_dim); }, projection);
  if (block.pairing == BlockLaw::Pairing::radii) {
    block.paired_radii = std::make_shared<const PairedRadii>(block.dim);
  }
  return block;
}

BlockLaw without_pairs_of_radii(BlockLaw block) {
  if (block.pairing == BlockLaw::Pairing::radii) block.pairing = BlockLaw::Pairing::none;
  block.paired_radii = nullptr;
  return block;
}

BlockLaw block_law(const FeatureMapSpec& spec) {
  BlockLaw block = block_law(spec.projection, spec.input_dim);
  const auto series = spectral_measure(spec.kernel).series;
  if (!series) return block;
  block.exact = exact_columns(spec.features, *series, spec.input_dim);
  if (block.exact > 0) block.size = BlockLaw::kEndless;
  return block;
}

BlockLaw closed_form_block(const FeatureMapSpec& spec) {
  BlockLaw block = block_law(spec);
  if (row_law(spec.features).directions.empty()) return block;
  block = without_pairs_of_radii(std::move(block));
  if (block.radii == Radii::constant) {
    throw InvalidArgument("no closed form is known here for " + to_text(spec.projection) +
                          " frequencies with one parameter per direction; sampled radii have one");
  }
  block.size = block.pairing == BlockLaw::Pairing::opposite ? 2 : 1;
  return block;
}

bool is_upper_estimate(const FeatureMapSpec& spec) {
  const BlockLaw block = block_law(spec);
  return block.quasi_random ||
         (!row_law(spec.features).directions.empty() && closed_form_block(spec).size != block.size);
}

bool is_upper_for_outputs(const FeatureMapSpec& spec) {
  return is_upper_estimate(spec) || block_law(spec).pairing == BlockLaw::Pairing::radii;
}

Index least_frequencies(const FeatureMapSpec& spec) {
  const BlockLaw block = block_law(spec);
  return block.redraws ? 1 + block.exact : spec.num_frequencies;
}

}  // namespace bochner::estimator
