// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/recommend.hpp"

#include "bochner/estimator/gram_error.hpp"
#include "bochner/estimator/optimal_centring.hpp"
#include "bochner/estimator/optimal_parameter.hpp"
#include "bochner/estimator/plan.hpp"
#include "core/finite.hpp"
#include "core/text.hpp"
#include "estimator/pair_geometry.hpp"
#include "estimator/row_law.hpp"
#include "features/degrees.hpp"
#include "features/stage.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <optional>
#include <utility>

namespace bochner {
namespace {

constexpr Index kSampledRows = 512;
constexpr Index kSampledQueries = 64;
constexpr Index kSampledKeys = 1024;
/// Errors closer than this count as equal.
constexpr double kTie = 1.02;

// --- samples -------------------------------------------------------------------------------------

/// Up to `count` rows without replacement, in their order: row i stays when its random word is
/// among the smallest.
Matrix<double> sample_rows(MatrixView<const double> x, Index count, Seed seed, std::uint64_t item) {
  std::vector<std::pair<std::uint64_t, Index>> order;
  order.reserve(static_cast<std::size_t>(x.rows));
  const Stream stream(seed, Purpose::study, item);
  for (Index i = 0; i < x.rows; ++i) {
    order.emplace_back(x.rows <= count ? 0 : stream.bits(static_cast<std::uint64_t>(i)), i);
  }
  const Index kept = std::min(count, x.rows);
  std::nth_element(order.begin(), order.begin() + (kept - 1), order.end());
  std::sort(order.begin(), order.begin() + kept,
            [](const auto& a, const auto& b) { return a.second < b.second; });
  Matrix<double> out(kept, x.cols);
  for (Index r = 0; r < kept; ++r) {
    for (Index k = 0; k < x.cols; ++k) {
      out(r, k) = x(order[static_cast<std::size_t>(r)].second, k);
    }
  }
  return out;
}

double mean_square_sum_of(const FeatureMapSpec& spec, const Matrix<double>& x,
                          const Matrix<double>& y) {
  return error_expected(spec, x.view(), y.view()).mean_square_sum;
}

// --- candidates ----------------------------------------------------------------------------------

template <class... A>
std::vector<std::variant<A...>> defaults_of(const std::variant<A...>* /*type*/) {
  return {std::variant<A...>(A{})...};
}

/// Every projection, with every law of radii it offers.
std::vector<Projection> all_projections() {
  std::vector<Projection> out;
  for (const Projection& projection : defaults_of(static_cast<const Projection*>(nullptr))) {
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
  std::vector<FeatureFunction> out = defaults_of(static_cast<const FeatureFunction*>(nullptr));
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

/// Multiplications and additions of projecting a row.
double projection_cost(const FeatureMapSpec& spec) {
  const auto m = static_cast<double>(spec.num_frequencies);
  const auto d = static_cast<double>(spec.input_dim);
  if (const auto* hadamard = std::get_if<HadamardProjection>(&spec.projection)) {
    const double p = std::exp2(std::ceil(std::log2(d)));
    return std::ceil(m / p) * p *
           (static_cast<double>(hadamard->rounds) * (std::log2(p) + 1.0) + 1.0);
  }
  if (multiplies(spec.features)) {
    const auto layout = product_layout(spec.features, spectral_measure(spec.kernel).series.get(),
                                       spec.input_dim, spec.num_frequencies, spec.seed);
    const auto factors = static_cast<double>(layout->num_projections());
    const bool sketched = std::holds_alternative<TensorSketchFeatures>(spec.features);
    return sketched ? factors * (2.0 * d / m + 5.0 * std::log2(m)) : 2.0 * factors * d;
  }
  return 2.0 * m * d;
}

std::vector<FeatureMapSpec> all_specs(const Kernel& kernel, const Matrix<double>& x,
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
        set_parameter(spec.features, mean_square_sum_of(spec, x, y), spec.input_dim);
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

// --- ranking -------------------------------------------------------------------------------------

/// By error; among errors within a tie of the best left, the cheapest first.
std::vector<Candidate> ranked(const std::vector<Candidate>& candidates) {
  std::vector<const Candidate*> left;
  for (const Candidate& candidate : candidates) left.push_back(&candidate);
  std::stable_sort(left.begin(), left.end(), [](const Candidate* a, const Candidate* b) {
    return a->error < b->error || (std::isnan(b->error) && !std::isnan(a->error));
  });
  std::vector<Candidate> out;
  while (!left.empty()) {
    const auto tied = std::find_if(left.begin(), left.end(), [&](const Candidate* c) {
      return !(c->error <= kTie * left.front()->error);
    });
    const auto cheapest =
        std::min_element(left.begin(), std::max(tied, left.begin() + 1),
                         [](const Candidate* a, const Candidate* b) { return a->cost < b->cost; });
    out.push_back(**cheapest);
    left.erase(cheapest);
  }
  return out;
}

std::string short_number(double value) {
  std::string out(32, '\0');
  out.resize(static_cast<std::size_t>(std::snprintf(out.data(), out.size(), "%.3g", value)));
  return out;
}

std::string name_of(const Candidate& candidate) {
  const std::string features =
      std::visit([](const auto& f) { return std::string(f.name); }, candidate.spec.features);
  return features + " features, " + to_text(candidate.spec.projection) + " frequencies" +
         (candidate.spec.centring == Centring{} ? "" : ", centred");
}

bool is_exact(const Candidate& candidate) {
  return std::visit([](const auto& p) { return p.exact_marginal(); }, candidate.spec.projection);
}

/// One sentence on the first of a ranking.
std::string reason_for(const std::vector<Candidate>& order, const std::string& error_name) {
  const Candidate& best = order.front();
  std::string reason = name_of(best) + ": " + error_name + " " + short_number(best.error);
  const auto other = std::find_if(order.begin(), order.end(), [&](const Candidate& c) {
    return c.spec.features.index() != best.spec.features.index();
  });
  if (other != order.end()) {
    reason += ", against " + short_number(other->error) + " of the next feature function (" +
              name_of(*other) + ")";
  }
  const auto tied = std::find_if(order.begin() + 1, order.end(), [&](const Candidate& c) {
    return c.error <= kTie * best.error && c.cost > best.cost;
  });
  if (tied != order.end()) reason += "; equal within 2 % to dearer ones";
  if (!is_exact(best)) {
    const auto exact = std::find_if(order.begin(), order.end(), is_exact);
    if (exact != order.end()) {
      reason += "; it is slightly biased, and the best unbiased map (" + name_of(*exact) +
                ") has " + short_number(exact->error);
    }
  }
  return reason;
}

void check(const char* function, MatrixView<const double> x, MatrixView<const double> y,
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

std::string invisible_mass(const Recommendation& recommendation, const Matrix<double>& x,
                           const Matrix<double>& y) {
  const FeatureMapSpec& best = recommendation.ranked.front().spec;
  return error_expected(best, x.view(), y.view()).warning;
}

}  // namespace

Recommendation recommend(const Kernel& kernel, MatrixView<const double> x,
                         MatrixView<const double> y, const Budget& budget,
                         const Execution& execution) {
  check("recommend", x, y, budget);
  const Matrix<double> queries = sample_rows(x, kSampledRows, budget.seed, 0);
  // The same rows on both sides are sampled alike, so that the sample keeps its diagonal.
  const bool same = x.data == y.data && x.rows == y.rows;
  const Matrix<double> keys = sample_rows(y, kSampledRows, budget.seed, same ? 0 : 1);
  std::vector<Candidate> candidates;
  for (const FeatureMapSpec& spec : all_specs(kernel, queries, keys, budget)) {
    const GramError error = gram_error<double>(spec, queries.view(), keys.view(), execution);
    candidates.push_back(
        {.spec = spec, .error = error.relative_error, .cost = projection_cost(spec)});
  }
  Recommendation out;
  out.ranked = ranked(candidates);
  out.reason = reason_for(out.ranked, "predicted relative error of the Gram matrix");
  out.warning = invisible_mass(out, queries, keys);
  return out;
}

namespace {

/// Features with their exponents multiplied in, scaled by one common power of two, which the ratio
/// of attention does not see.
Matrix<double> scaled_features(const FeatureMap<double>& map, Side side, const Matrix<double>& x,
                               const Execution& execution) {
  Matrix<double> phi(x.rows(), map.num_features());
  std::vector<std::int32_t> exponent(static_cast<std::size_t>(x.rows()));
  map.apply(side, x.view(), {phi.view(), exponent}, execution);
  const std::int32_t largest = *std::max_element(exponent.begin(), exponent.end());
  for (Index i = 0; i < phi.rows(); ++i) {
    // A query's own factor cancels in its output; a key's does not.
    const int shift = side == Side::query ? 0 : exponent[static_cast<std::size_t>(i)] - largest;
    for (Index j = 0; j < phi.cols(); ++j) phi(i, j) = std::ldexp(phi(i, j), shift);
  }
  return phi;
}

/// Rows of weights times values over the sum of weights.
Matrix<double> weighted_means(const Matrix<double>& weights, const Matrix<double>& values) {
  Matrix<double> out(weights.rows(), values.cols());
  for (Index i = 0; i < weights.rows(); ++i) {
    double total = 0.0;
    for (Index j = 0; j < weights.cols(); ++j) {
      total += weights(i, j);
      for (Index c = 0; c < values.cols(); ++c) out(i, c) += weights(i, j) * values(j, c);
    }
    for (Index c = 0; c < values.cols(); ++c) out(i, c) /= total;
  }
  return out;
}

double squared_sum(const Matrix<double>& a) {
  double sum = 0.0;
  for (Index i = 0; i < a.size(); ++i) sum += a.data()[i] * a.data()[i];
  return sum;
}

Matrix<double> exact_outputs(const Kernel& kernel, const Matrix<double>& queries,
                             const Matrix<double>& keys, const Matrix<double>& values) {
  FeatureMapSpec spec{.input_dim = queries.cols(),
                      .num_frequencies = 1,
                      .kernel = kernel,
                      .projection = IidProjection{},
                      .features = TrigonometricFeatures{},
                      .seed = {},
                      .centring = {}};
  const PairGeometry geometry(spec);
  Matrix<double> weights(queries.rows(), keys.rows());
  for (Index i = 0; i < queries.rows(); ++i) {
    double largest = -std::numeric_limits<double>::infinity();
    for (Index j = 0; j < keys.rows(); ++j) {
      weights(i, j) = geometry.log_kernel(queries.row(i), keys.row(j));
      largest = std::max(largest, weights(i, j));
    }
    for (Index j = 0; j < keys.rows(); ++j) weights(i, j) = std::exp(weights(i, j) - largest);
  }
  return weighted_means(weights, values);
}

/// Mean squared difference of one draw's outputs from the exact ones.
double squared_output_error(const FeatureMapSpec& spec, const Matrix<double>& queries,
                            const Matrix<double>& keys, const Matrix<double>& values,
                            const Matrix<double>& exact, const Execution& execution) {
  const FeatureMap<double> map(spec);
  const Matrix<double> phi_q = scaled_features(map, Side::query, queries, execution);
  const Matrix<double> phi_k = scaled_features(map, Side::key, keys, execution);
  // phi_q (phi_k^T [v, 1])
  Matrix<double> state(phi_k.cols(), values.cols() + 1);
  for (Index j = 0; j < phi_k.rows(); ++j) {
    for (Index f = 0; f < phi_k.cols(); ++f) {
      for (Index c = 0; c < values.cols(); ++c) state(f, c) += phi_k(j, f) * values(j, c);
      state(f, values.cols()) += phi_k(j, f);
    }
  }
  Matrix<double> difference(exact.rows(), exact.cols());
  for (Index i = 0; i < exact.rows(); ++i) {
    std::vector<double> sums(static_cast<std::size_t>(values.cols() + 1), 0.0);
    for (Index f = 0; f < phi_q.cols(); ++f) {
      for (Index c = 0; c <= values.cols(); ++c) {
        sums[static_cast<std::size_t>(c)] += phi_q(i, f) * state(f, c);
      }
    }
    for (Index c = 0; c < values.cols(); ++c) {
      difference(i, c) = sums[static_cast<std::size_t>(c)] / sums.back() - exact(i, c);
    }
  }
  return squared_sum(difference);
}

}  // namespace

Recommendation recommend_for_attention(const Kernel& kernel, MatrixView<const double> queries,
                                       MatrixView<const double> keys,
                                       MatrixView<const double> values, const Budget& budget,
                                       int redraws, const Execution& execution) {
  constexpr const char* kFunction = "recommend_for_attention";
  check(kFunction, queries, keys, budget);
  if (values.rows != keys.rows || values.cols < 1) {
    throw InvalidArgument(std::string(kFunction) + ": values are " + std::to_string(values.rows) +
                          " x " + std::to_string(values.cols) + ", expected " +
                          std::to_string(keys.rows) + " rows (those of keys) and a column");
  }
  if (redraws < 2) {
    throw InvalidArgument(std::string(kFunction) + ": redraws is " + std::to_string(redraws) +
                          ", expected at least 2");
  }
  require_finite(kFunction, "values", values);
  const Matrix<double> q = sample_rows(queries, kSampledQueries, budget.seed, 0);
  // Keys and values are sampled by the same words, so that they stay together.
  const Matrix<double> k = sample_rows(keys, kSampledKeys, budget.seed, 1);
  const Matrix<double> v = sample_rows(values, kSampledKeys, budget.seed, 1);
  const Matrix<double> exact = exact_outputs(kernel, q, k, v);
  const double power = squared_sum(exact);

  std::vector<Candidate> candidates;
  for (const FeatureMapSpec& spec : all_specs(kernel, q, k, budget)) {
    double error = 0.0;
    for (int r = 0; r < redraws; ++r) {
      FeatureMapSpec redrawn = spec;
      redrawn.seed.value += static_cast<std::uint64_t>(r);
      error += squared_output_error(redrawn, q, k, v, exact, execution);
    }
    candidates.push_back({.spec = spec,
                          .error = std::sqrt(error / (static_cast<double>(redraws) * power)),
                          .cost = projection_cost(spec)});
  }
  Recommendation out;
  out.ranked = ranked(candidates);
  out.reason = reason_for(
      out.ranked, "relative error of the output over " + std::to_string(redraws) + " redraws");
  out.warning = invisible_mass(out, q, k);
  return out;
}

}  // namespace bochner
