// SPDX-License-Identifier: Apache-2.0
#include "estimator/candidates.hpp"

#include "bochner/core/registry.hpp"
#include "bochner/estimator/optimal_centring.hpp"
#include "bochner/estimator/optimal_parameter.hpp"
#include "core/finite.hpp"
#include "estimator/mean_square_sum.hpp"
#include "estimator/row_law.hpp"
#include "features/stage.hpp"
#include "kernel/standard_form.hpp"
#include "projection/operator.hpp"

#include <cmath>

namespace bochner {
namespace {

/// Every projection, with every law of radii it offers.
std::vector<Projection> all_projections() {
  std::vector<Projection> out;
  for (const Projection& projection : all_alternatives<Projection>()) {
    out.push_back(projection);
    std::visit(
        [&](auto alternative) {
          if constexpr (requires { alternative.radii = Radii::constant; }) {
            alternative.radii = Radii::constant;
            out.emplace_back(alternative);
          }
        },
        projection);
  }
  return out;
}

/// Every feature function, Maclaurin ones with every set of exact terms.
std::vector<FeatureFunction> all_features() {
  std::vector<FeatureFunction> out = all_alternatives<FeatureFunction>();
  for (const ExactTerms exact : {ExactTerms::constant, ExactTerms::linear}) {
    out.emplace_back(MaclaurinFeatures{.radius = 1.0, .exact = exact});
  }
  return out;
}

void set_parameter(FeatureFunction& features, double z2, Index dim) {
  if (auto* oprf = std::get_if<OprfFeatures>(&features)) {
    oprf->a = optimal_oprf_parameter(z2, dim);
  } else if (auto* hyperbolic = std::get_if<HyperbolicOprfFeatures>(&features)) {
    hyperbolic->a = optimal_hyperbolic_oprf_parameter(z2, dim);
  }
}

}  // namespace

void check_request(const char* function, MatrixView<const double> x, MatrixView<const double> y,
                   const Budget& budget) {
  if (x.rows < 1 || y.rows < 1 || x.cols < 1 || x.cols != y.cols) {
    throw InvalidArgument(std::string(function) + ": queries are " + std::to_string(x.rows) +
                          " x " + std::to_string(x.cols) + " and keys " + std::to_string(y.rows) +
                          " x " + std::to_string(y.cols) +
                          ", expected rows in both and equal columns");
  }
  if (budget.num_features < 2) {
    throw InvalidArgument(std::string(function) + ": the budget is " +
                          std::to_string(budget.num_features) + " columns, expected at least 2");
  }
  require_finite(function, "queries", x);
  require_finite(function, "keys", y);
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

std::vector<FeatureMapSpec> candidate_specs(const Kernel& kernel, const Matrix<double>& x,
                                            const Matrix<double>& y, const Budget& budget) {
  std::vector<FeatureMapSpec> specs;
  for (const FeatureFunction& features : all_features()) {
    for (const Projection& projection : all_projections()) {
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
        if (auto* maclaurin = std::get_if<MaclaurinFeatures>(&spec.features)) {
          maclaurin->radius =
              optimal_maclaurin_radius(kernel, maclaurin->exact, x.view(), y.view());
        }
        specs.push_back(spec);
        continue;
      }
      const RowLaw::Argument argument = row_law(features).argument;
      const bool centring_matters =
          argument == RowLaw::Argument::sum || !standard_form(kernel, x.cols()).shift_invariant;
      for (const bool centred : {false, true}) {
        if (centred && !centring_matters) continue;
        if (centred) spec.centring = optimal_centring(kernel, features, x.view(), y.view());
        set_parameter(spec.features, mean_square_sum(spec, x.view(), y.view()), spec.input_dim);
        specs.push_back(spec);
      }
    }
  }
  if (specs.empty()) {
    throw InvalidArgument("recommend: the errors of maps of " + to_text(kernel) +
                          " have no closed form here to rank them by");
  }
  return specs;
}

}  // namespace bochner
