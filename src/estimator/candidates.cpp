// SPDX-License-Identifier: Apache-2.0
#include "estimator/candidates.hpp"

#include "bochner/core/registry.hpp"
#include "bochner/estimator/optimal_centring.hpp"
#include "bochner/estimator/optimal_parameter.hpp"
#include "estimator/checks.hpp"
#include "estimator/mean_square_sum.hpp"
#include "estimator/row_law.hpp"
#include "features/stage.hpp"
#include "kernel/standard_form.hpp"
#include "projection/operator.hpp"

#include <cmath>
#include <type_traits>

namespace bochner::estimator {
namespace {

/// Every alternative of a registry, and each with every value of an option that is a choice.
template <Registry R>
std::vector<R> all_choices() {
  std::vector<R> out;
  for (const R& alternative : all_alternatives<R>()) {
    out.push_back(alternative);
    std::visit(
        [&]<class A>(const A& defaults) {
          const auto add = [&](const auto& field) {
            using Option = std::remove_cvref_t<decltype(defaults.*field.member)>;
            if constexpr (std::is_enum_v<Option>) {
              for (std::size_t i = 0; i < names_of(Option{}).size(); ++i) {
                A chosen = defaults;
                chosen.*field.member = static_cast<Option>(i);
                if (!(chosen == defaults)) out.emplace_back(chosen);
              }
            }
          };
          std::apply([&](const auto&... field) { (add(field), ...); }, A::fields());
        },
        alternative);
  }
  return out;
}

}  // namespace

void require_request(const Door& door, MatrixView<const double> queries,
                     MatrixView<const double> keys, const Budget& budget) {
  require_two_samples(door, "queries", queries, "keys", keys);
  door.at_least("budget.num_features", budget.num_features, 2);
}

double projection_cost(const FeatureMapSpec& spec) {
  FrequencyLaw law{.dim = spec.input_dim,
                   .num_frequencies = spec.num_frequencies,
                   .spectrum = spectral_measure(spec.kernel),
                   .seed = spec.seed};
  law.products = product_layout(spec.features, law.spectrum.series.get(), spec.input_dim,
                                spec.num_frequencies, spec.seed);
  return projection_cost(spec.projection, law);
}

std::vector<FeatureMapSpec> candidate_specs(const Door& door, const Kernel& kernel,
                                            const Matrix<double>& x, const Matrix<double>& y,
                                            const Budget& budget) {
  std::vector<FeatureMapSpec> specs;
  for (const FeatureFunction& features : all_choices<FeatureFunction>()) {
    for (const Projection& projection : all_choices<Projection>()) {
      if (incompatibility(kernel, projection, features) || closed_form_gap(kernel, projection))
        continue;
      FeatureMapSpec spec{.input_dim = x.cols(),
                          .num_frequencies = 1,
                          .kernel = kernel,
                          .projection = projection,
                          .features = features,
                          .seed = budget.seed,
                          .centring = {}};
      spec.num_frequencies = budget.num_features / num_features(spec);
      if (multiplies(features)) {
        if (block_law(spec).exact >= spec.num_frequencies) continue;
        std::visit(
            [&](auto& f) {
              if constexpr (requires { f.radius; }) {
                f.radius = optimal_maclaurin_radius(kernel, f.exact, x.view(), y.view());
              }
            },
            spec.features);
        specs.push_back(spec);
        continue;
      }
      const RowLaw::Argument argument = row_law(features).argument;
      const bool centring_matters =
          argument == RowLaw::Argument::sum || !standard_form(kernel, x.cols()).shift_invariant;
      for (const bool centred : {false, true}) {
        if (centred && !centring_matters) continue;
        if (centred) spec.centring = optimal_centring(kernel, features, x.view(), y.view());
        const double z2 = mean_square_sum(door, spec, x.view(), y.view());
        if (!std::isfinite(z2)) {
          door.refuse("a row is too long for " + to_text(kernel) +
                      ": the mean of |x + y|^2 after its scaling leaves the range of double");
        }
        spec.features = with_optimal_parameter(spec.features, z2, spec.input_dim);
        specs.push_back(spec);
      }
    }
  }
  if (specs.empty()) {
    door.refuse("the errors of maps of " + to_text(kernel) +
                " have no closed form here to rank them by");
  }
  return specs;
}

}  // namespace bochner::estimator
