// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/check.hpp"
#include "bochner/estimator/gram_error.hpp"
#include "bochner/estimator/kernel_estimate.hpp"
#include "bochner/estimator/optimal_centring.hpp"
#include "bochner/estimator/optimal_pair_transform.hpp"
#include "bochner/estimator/optimal_parameter.hpp"
#include "bochner/estimator/output_error.hpp"
#include "bochner/estimator/plan.hpp"
#include "bochner/estimator/recommend.hpp"
#include "bochner/estimator/variance.hpp"
#include "bochner/estimator/weighted_chi_square.hpp"
#include "estimator/row_law.hpp"
#include "interface/python/arrays.hpp"
#include "interface/python/interrupt.hpp"
#include "interface/python/maps.hpp"
#include "interface/python/module.hpp"
#include "interface/python/records.hpp"
#include "interface/python/registry.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bochner::python {
namespace {

using Threads = std::optional<int>;

/// `body()` without the interpreter's lock.
template <class Body>
auto released(const Body& body) {
  const nb::gil_scoped_release release;
  return body();
}

/// Why the spec's variance has no closed form, or nothing.
std::optional<std::string> gap(const FeatureMapSpec& spec) {
  return estimator::closed_form_gap(spec.kernel, spec.projection);
}

// One pair, or pairs of rows: what comes of them fills columns, one number per row.

void kernel_moments_into(const FeatureMapSpec& spec, const Input& x, const Input& y,
                         const Output& out, Threads threads) {
  const auto to = matrix<double>(out);
  released([&] {
    const std::vector<KernelMoments> moments =
        kernel_moments(spec, matrix<double>(x), matrix<double>(y), interruptible(threads));
    for (Index i = 0; i < to.cols; ++i) {
      const KernelMoments& at = moments[static_cast<std::size_t>(i)];
      to(0, i) = at.exact;
      to(1, i) = at.mean;
      to(2, i) = at.bias;
      to(3, i) = at.variance;
      to(4, i) = at.log_exact;
      to(5, i) = at.log_variance;
      to(6, i) = at.relative_error;
      to(7, i) = at.variance_is_upper ? 1.0 : 0.0;
    }
  });
}

double one_row_moment(const FeatureMapSpec& spec, int order, const Input& x, const Input& y) {
  return released([&] { return row_moment(spec, order, vector<double>(x), vector<double>(y)); });
}

void estimate_into(const AnyMap& map, const Input& x, const Input& y, const Output& out,
                   Threads threads) {
  const auto to = matrix<double>(out);
  unlocked(x, [&]<class T>() {
    const std::vector<KernelEstimate> estimates =
        estimate(map.in<T>(), matrix<T>(x), matrix<T>(y), interruptible(threads));
    for (Index i = 0; i < to.cols; ++i) {
      const KernelEstimate& at = estimates[static_cast<std::size_t>(i)];
      to(0, i) = at.value;
      to(1, i) = at.standard_error;
      to(2, i) = at.degrees_of_freedom;
      to(3, i) = static_cast<double>(at.blocks);
      to(4, i) = static_cast<double>(at.source);
    }
  });
}

/// Rows of `estimates`: value, standard error, degrees of freedom; of `out`: low, high.
void intervals_into(const Input& estimates, double level, const Output& out) {
  const auto from = matrix<double>(estimates);
  const auto to = matrix<double>(out);
  for (Index i = 0; i < to.cols; ++i) {
    const Interval interval =
        KernelEstimate{
            .value = from(0, i), .standard_error = from(1, i), .degrees_of_freedom = from(2, i)}
            .interval(level);
    to(0, i) = interval.low;
    to(1, i) = interval.high;
  }
}

// Errors of matrices.

nb::dict curve_of(const FeatureMapSpec& spec, const Input& x, const Maybe& y, Threads threads) {
  const GramErrorCurve curve = unlocked(x, [&]<class T>() {
    return y ? gram_error_curve(spec, matrix<T>(x), matrix<T>(*y), interruptible(threads))
             : gram_error_curve(spec, matrix<T>(x), interruptible(threads));
  });
  nb::dict out;
  out["log_row_variance"] = curve.log_row_variance;
  out["log_pair_variance"] = curve.log_pair_variance;
  out["log_block_variance"] = curve.log_block_variance;
  out["log_squared_bias"] = curve.log_squared_bias;
  out["log_squared_norm"] = curve.log_squared_norm;
  out["block_size"] = curve.block_size;
  out["pair_size"] = curve.pair_size;
  out["exact_columns"] = curve.exact_columns;
  out["groups"] = std::string(name_of(curve.groups));
  return out;
}

/// The curve that `curve_of` gave, at each of some numbers of frequencies.
void errors_at(const std::vector<double>& logarithms, Index block_size, Index pair_size,
               Index exact_columns, const std::string& groups,
               const std::vector<Index>& frequencies, const Output& out) {
  const GramErrorCurve curve{.log_row_variance = logarithms.at(0),
                             .log_pair_variance = logarithms.at(1),
                             .log_block_variance = logarithms.at(2),
                             .log_squared_bias = logarithms.at(3),
                             .log_squared_norm = logarithms.at(4),
                             .block_size = block_size,
                             .pair_size = pair_size,
                             .exact_columns = exact_columns,
                             .groups = choice<ColumnGroups>("groups", groups)};
  const auto to = matrix<double>(out);
  for (Index i = 0; i < to.cols; ++i) {
    const PredictedGramError error = curve.at(frequencies[static_cast<std::size_t>(i)]);
    to(0, i) = error.squared_error;
    to(1, i) = error.squared_norm;
    to(2, i) = error.log_squared_error;
    to(3, i) = error.log_squared_norm;
    to(4, i) = error.relative_error;
  }
}

nb::tuple output_error_into(const FeatureMapSpec& spec, const Input& queries, const Input& keys,
                            const Input& values, const Output& out, Threads threads) {
  const auto to = matrix<double>(out);
  OutputError error;
  released([&] {
    error = output_error(spec, matrix<double>(queries), matrix<double>(keys),
                         matrix<double>(values), interruptible(threads));
    for (Index i = 0; i < to.cols; ++i) {
      const auto at = static_cast<std::size_t>(i);
      to(0, i) = error.squared_error[at];
      to(1, i) = error.squared_norm[at];
      to(2, i) = error.normaliser_variance[at];
    }
  });
  return nb::make_tuple(error.relative_error, error.is_upper, error.warning);
}

nb::dict expected_dict(const FeatureMapSpec& spec, const Input& x, const Input& y,
                       Threads threads) {
  const ExpectedError error = released([&] {
    return error_expected(spec, matrix<double>(x), matrix<double>(y), interruptible(threads));
  });
  nb::dict out;
  out["root_mean_square"] = error.root_mean_square;
  out["mean_square_sum"] = error.mean_square_sum;
  out["warning"] = error.warning;
  return out;
}

// Plans.

nb::dict plan_dict(const FrequencyPlan& plan) {
  nb::dict out;
  out["num_frequencies"] = plan.num_frequencies;
  out["whole_blocks"] = plan.whole_blocks;
  out["log10_frequencies"] = plan.log10_frequencies;
  out["root_mean_square"] = plan.root_mean_square;
  out["basis"] = std::string(name_of(plan.basis));
  out["statement"] = plan.statement;
  out["warning"] = plan.warning;
  return out;
}

ErrorTarget target_of(double error, const std::string& unit, double confidence) {
  return {error, choice<ErrorUnit>("unit", unit), confidence};
}

nb::dict plan_pair(const FeatureMapSpec& spec, const Input& x, const Input& y, double error,
                   const std::string& unit, double confidence, const std::string& basis) {
  const ErrorTarget target = target_of(error, unit, confidence);
  const auto by = choice<Basis>("basis", basis);
  return plan_dict(released(
      [&] { return frequencies_needed(spec, vector<double>(x), vector<double>(y), target, by); }));
}

nb::dict plan_matrix(const FeatureMapSpec& spec, const Input& x, const Input& y, double error,
                     const std::string& unit, double confidence, const std::string& basis,
                     Threads threads) {
  const ErrorTarget target = target_of(error, unit, confidence);
  const auto by = choice<Basis>("basis", basis);
  return plan_dict(released([&] {
    return frequencies_needed(spec, matrix<double>(x), matrix<double>(y), target, by,
                              interruptible(threads));
  }));
}

nb::dict plan_ball(const FeatureMapSpec& spec, double radius, double error, double confidence) {
  return plan_dict(
      frequencies_needed_uniformly(spec, radius, {error, ErrorUnit::absolute, confidence}));
}

// Recommendations.

nb::tuple ranking(const Recommendation& found) {
  nb::list ranked;
  for (const Candidate& candidate : found.ranked) {
    ranked.append(nb::make_tuple(candidate.spec, candidate.error, candidate.cost));
  }
  return nb::make_tuple(ranked, found.reason, found.warning);
}

nb::tuple recommended(const Kernel& kernel, const Input& x, const Input& y, Index num_features,
                      std::uint64_t seed, Threads threads) {
  return ranking(released([&] {
    return recommend(kernel, matrix<double>(x), matrix<double>(y), {num_features, {seed}},
                     interruptible(threads));
  }));
}

nb::tuple recommended_for_attention(const Kernel& kernel, const Input& queries, const Input& keys,
                                    const Input& values, Index num_features, std::uint64_t seed,
                                    int redraws, Threads threads) {
  return ranking(released([&] {
    return recommend_for_attention(kernel, matrix<double>(queries), matrix<double>(keys),
                                   matrix<double>(values), {num_features, {seed}}, redraws,
                                   interruptible(threads));
  }));
}

// Checks.

nb::dict verdict(const CheckResult& result) {
  nb::dict out = to_dict(result);
  out["passed"] = result.passed();
  return out;
}

nb::dict check_spec(const std::string& what, const FeatureMapSpec& spec, const Input& x,
                    const Input& y, Index replicates, std::uint64_t seed, double false_alarm,
                    Threads threads) {
  const CheckOptions options{replicates, {seed}, false_alarm};
  return verdict(released([&] {
    const std::span<const double> query = vector<double>(x);
    const std::span<const double> key = vector<double>(y);
    const Execution how = interruptible(threads);
    return what == "mean" ? check_unbiased(spec, query, key, options, how)
                          : check_variance(spec, query, key, options, how);
  }));
}

/// Python's function is called on this thread, which has the interpreter's lock.
nb::dict check_function(const std::string& what, const nb::callable& estimate, double expected,
                        double moment, Index replicates, std::uint64_t seed, double false_alarm) {
  const CheckOptions options{replicates, {seed}, false_alarm};
  const SeededEstimate seeded = [&](Seed drawn) { return nb::cast<double>(estimate(drawn.value)); };
  return verdict(what == "mean" ? check_unbiased(seeded, expected, moment, options, Execution{1})
                                : check_variance(seeded, expected, moment, options, Execution{1}));
}

// Parameters.

double maclaurin_radius(const Kernel& kernel, const std::string& exact, const Input& x,
                        const Input& y) {
  const auto terms = choice<ExactTerms>("optimal_maclaurin_radius: exact", exact);
  return released([&] {
    return optimal_maclaurin_radius(kernel, terms, matrix<double>(x), matrix<double>(y));
  });
}

PairTransform centring(const Kernel& kernel, const FeatureFunction& features, const Input& x,
                       const Input& y) {
  return unlocked(
      x, [&]<class T>() { return optimal_centring(kernel, features, matrix<T>(x), matrix<T>(y)); });
}

PairTransform pair_transform(const Input& queries, const Input& keys, const Kernel& kernel) {
  return unlocked(queries, [&]<class T>() {
    return optimal_pair_transform(kernel, matrix<T>(queries), matrix<T>(keys));
  });
}

std::vector<double> square_sums(const FeatureMapSpec& spec, const Input& x, const Input& y) {
  return released([&] { return mean_square_sums(spec, matrix<double>(x), matrix<double>(y)); });
}

template <NamedEnum E>
nb::tuple words() {
  nb::list out;
  for (const std::string_view name : names_of(E{})) out.append(std::string(name));
  return nb::tuple(out);
}

}  // namespace

void define_estimators(nb::module_& m) {
  m.attr("error_sources") = words<ErrorSource>();
  m.attr("bases") = words<Basis>();
  m.attr("exact_terms") = words<ExactTerms>();
  m.def("closed_form_gap", &gap);
  m.def("kernel_moments", &kernel_moments_into);
  m.def("row_moment", &one_row_moment);
  m.def("estimate", &estimate_into);
  m.def("intervals", &intervals_into);
  m.def("gram_error_curve", &curve_of);
  m.def("gram_errors_at", &errors_at);
  m.def("output_error", &output_error_into);
  m.def("error_expected", &expected_dict);
  m.def("frequencies_needed_at", &plan_pair);
  m.def("frequencies_needed", &plan_matrix);
  m.def("frequencies_needed_uniformly", &plan_ball);
  m.def("recommend", &recommended);
  m.def("recommend_for_attention", &recommended_for_attention);
  m.def("check_spec", &check_spec);
  m.def("check_function", &check_function);
  m.def("optimal_oprf_parameter", &optimal_oprf_parameter);
  m.def("optimal_hyperbolic_oprf_parameter", &optimal_hyperbolic_oprf_parameter);
  m.def("with_optimal_parameter", &with_optimal_parameter);
  m.def("optimal_maclaurin_radius", &maclaurin_radius);
  m.def("optimal_oprf_parameters",
        [](const std::vector<double>& z2) { return optimal_oprf_parameters(z2); });
  m.def("optimal_hyperbolic_oprf_parameters",
        [](const std::vector<double>& z2) { return optimal_hyperbolic_oprf_parameters(z2); });
  m.def("with_optimal_parameters",
        [](const FeatureFunction& features, const std::vector<double>& z2) {
          return with_optimal_parameters(features, z2);
        });
  m.def("mean_square_sums", &square_sums);
  m.def("optimal_centring", &centring);
  m.def("optimal_pair_transform", &pair_transform);
  m.def("weighted_chi_square_tail", [](const Input& weights, double x, const std::string& law) {
    return weighted_chi_square_tail(vector<double>(weights), x, choice<ChiSquareLaw>("law", law));
  });
}

}  // namespace bochner::python
