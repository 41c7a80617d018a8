// SPDX-License-Identifier: Apache-2.0
#include "estimator/candidates.hpp"

#include "bochner/core/registry.hpp"
#include "bochner/estimator/optimal_centring.hpp"
#include "bochner/estimator/optimal_pair_transform.hpp"
#include "bochner/estimator/optimal_parameter.hpp"
#include "estimator/checks.hpp"
#include "estimator/mean_square_sum.hpp"
#include "estimator/row_law.hpp"
#include "features/parameter.hpp"
#include "features/stage.hpp"
#include "kernel/standard_form.hpp"
#include "projection/operator.hpp"

#include <cmath>
#include <iterator>
#include <type_traits>
#include <utility>

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

/// No transform, the centring where it matters, and the pair transform where there is one.
std::vector<PairTransform> transforms_for(const Kernel& kernel, const FeatureFunction& features,
                                          MatrixView<const double> x, MatrixView<const double> y) {
  std::vector<PairTransform> out{{}};
  const StandardForm form = standard_form(kernel, x.cols);
  if (row_law(features).argument == RowLaw::Argument::sum || !form.shift_invariant) {
    out.push_back(optimal_centring(kernel, features, x, y));
  }
  if (!takes_matrix(form)) return out;
  PairTransform balanced = optimal_pair_transform(kernel, x, y);
  if (!balanced.matrix.empty()) out.push_back(std::move(balanced));
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
  const auto rotated = static_cast<double>(std::ssize(spec.transform.matrix));
  return projection_cost(spec.projection, law) + rotated;
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
                          .transform = {}};
      spec.num_frequencies = budget.num_features / num_features(spec);
      if (multiplies(features)) {
        if (block_law(spec).exact >= spec.num_frequencies) continue;
        feature_functions::choose_radius(spec.features, [&](const auto& exact) {
          return optimal_maclaurin_radius(kernel, exact, x.view(), y.view());
        });
        specs.push_back(spec);
        continue;
      }
      for (PairTransform& transform : transforms_for(kernel, features, x.view(), y.view())) {
        spec.transform = std::move(transform);
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
