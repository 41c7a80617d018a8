// SPDX-License-Identifier: Apache-2.0
#include "estimator/row_law.hpp"
#include "features/stage.hpp"
#include "interface/python/arrays.hpp"
#include "interface/python/attention.hpp"
#include "interface/python/interrupt.hpp"
#include "interface/python/module.hpp"
#include "interface/python/records.hpp"
#include "interface/python/registry.hpp"
#include "study/attention_study.hpp"
#include "study/gram_study.hpp"
#include "study/matrix_study.hpp"
#include "study/pair_study.hpp"
#include "study/pairs.hpp"
#include "study/study_tables.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bochner::python {
namespace {

using Threads = std::optional<int>;

/// Why studies cannot predict or measure this combination, or nothing.
std::optional<std::string> gap(const Kernel& kernel, const Projection& projection,
                               const FeatureFunction& features) {
  if (const auto why = incompatibility(kernel, projection, features)) return why;
  if (const auto why = estimator::closed_form_gap(kernel, projection)) return why;
  if (grows(features)) return std::nullopt;
  return "the study takes the first columns of a draw for a smaller map, which those of " +
         to_text(features) + " features are not; gram_study measures them";
}

std::vector<study::StudyPair> pairs_of(MatrixView<const double> x, MatrixView<const double> y) {
  std::vector<study::StudyPair> pairs;
  for (Index i = 0; i < x.rows; ++i) {
    study::StudyPair& pair = pairs.emplace_back();
    for (Index k = 0; k < x.cols; ++k) {
      pair.x.push_back(x(i, k));
      pair.y.push_back(y(i, k));
    }
  }
  return pairs;
}

/// What the parameters of feature functions are.
enum class Parameters {
  given,   ///< those of the spec
  optimal  ///< where zero, the best one of each pair
};
constexpr std::array<std::string_view, 2> names_of(Parameters) { return {"given", "optimal"}; }

/// A spec as maps that each have the pairs for which its parameter is one number.
void add_maps(const FeatureMapSpec& spec, Parameters parameters, study::StudyPlan& plan) {
  const std::size_t before = plan.maps.size();
  for (std::size_t p = 0; p < plan.pairs.size(); ++p) {
    FeatureMapSpec fitted = spec;
    if (parameters == Parameters::optimal) {
      fitted.features = study::fitted(spec.features, study::square_sum(plan.pairs[p], spec.kernel),
                                      spec.input_dim);
    }
    if (plan.maps.size() > before && plan.maps.back().spec.features == fitted.features) {
      plan.maps.back().pairs.push_back(p);
    } else {
      plan.maps.push_back({{}, std::move(fitted), {p}});
    }
  }
}

/// One column of `out` for each spec, pair and number of frequencies; returns the feature functions
/// of the columns, as text.
std::vector<std::string> study_pairs_into(const std::vector<FeatureMapSpec>& specs, const Input& x,
                                          const Input& y, const std::vector<Index>& frequencies,
                                          const std::string& parameters, Index replicates,
                                          std::uint64_t seed, const Output& out, Threads threads) {
  const auto to = matrix<double>(out);
  const auto which = choice<Parameters>("pair_study: parameters", parameters);
  const nb::gil_scoped_release release;
  study::StudyPlan plan{.pairs = pairs_of(matrix<double>(x), matrix<double>(y)),
                        .maps = {},
                        .frequencies = frequencies,
                        .seed = {seed},
                        .replicates = replicates};
  for (const FeatureMapSpec& spec : specs) add_maps(spec, which, plan);
  study::Study study(std::move(plan));
  const Execution how = interruptible(threads);
  while (!study.finished()) study.advance(how);
  std::vector<std::string> features;
  Index column = 0;
  for (const study::StudyCell& cell : study.cells()) {
    constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
    const bool measured = replicates > 0;
    features.push_back(cell.features);
    to(0, column) = static_cast<double>(cell.num_features);
    to(1, column) = cell.exact;
    to(2, column) = cell.predicted_bias;
    to(3, column) = cell.predicted_variance;
    to(4, column) = cell.predicted_log_variance;
    to(5, column) = cell.predicted_relative_error;
    to(6, column) = measured ? cell.measured_bias : kNothing;
    to(7, column) = measured ? cell.measured_bias_error : kNothing;
    to(8, column) = measured ? cell.measured_variance : kNothing;
    to(9, column) = measured ? cell.measured_variance_error : kNothing;
    to(10, column) = measured ? cell.measured_relative_error : kNothing;
    ++column;
  }
  return features;
}

Matrix<double> copy_of(MatrixView<const double> x) {
  Matrix<double> out(x.rows, x.cols);
  for (Index i = 0; i < x.rows; ++i) {
    for (Index j = 0; j < x.cols; ++j) out(i, j) = x(i, j);
  }
  return out;
}

/// One column of `out` for each spec and number of frequencies.
void study_matrix_into(const std::vector<FeatureMapSpec>& specs, const Input& queries,
                       const Input& keys, const std::vector<Index>& frequencies, Index redraws,
                       std::uint64_t seed, const Output& out, Threads threads) {
  const auto to = matrix<double>(out);
  const nb::gil_scoped_release release;
  const study::MatrixStudyPlan plan{.queries = copy_of(matrix<double>(queries)),
                                    .keys = copy_of(matrix<double>(keys)),
                                    .labels = std::vector<std::string>(specs.size()),
                                    .maps = specs,
                                    .frequencies = frequencies,
                                    .seed = {seed},
                                    .redraws = redraws};
  Index column = 0;
  for (const study::MatrixStudyCell& cell : study::study_matrix(plan, interruptible(threads))) {
    constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
    to(0, column) = static_cast<double>(cell.num_features);
    to(1, column) = cell.predicted;
    to(2, column) = redraws > 0 ? cell.measured : kNothing;
    to(3, column) = redraws > 0 ? cell.measured_error : kNothing;
    ++column;
  }
}

/// One column of `out` and one row of `errors` for each projection and number of frequencies.
nb::dict study_gram_into(const Kernel& kernel, const FeatureFunction& features,
                         const std::vector<Projection>& projections, const Input& x,
                         const std::string& arithmetic, const std::vector<Index>& frequencies,
                         Index draws, std::uint64_t seed, const Output& out, const Output& errors,
                         Threads threads) {
  const auto to = matrix<double>(out);
  const auto each = matrix<double>(errors);
  const study::GramStudyPlan plan{.kernel = kernel,
                                  .features = features,
                                  .projections = projections,
                                  .frequencies = frequencies,
                                  .seed = {seed},
                                  .draws = draws,
                                  .arithmetic = choice<Arithmetic>("arithmetic", arithmetic),
                                  .execution = interruptible(threads)};
  study::GramStudy found;
  {
    const nb::gil_scoped_release release;
    found = study::run_study(plan, matrix<double>(x));
  }
  nb::list specs;
  nb::list gaps;
  Index column = 0;
  for (const study::GramStudyCurve& curve : found.curves) {
    for (const study::GramStudyRow& row : curve.rows) {
      specs.append(row.spec);
      gaps.append(curve.gap);
      to(0, column) = static_cast<double>(num_features(row.spec));
      to(1, column) = row.predicted.value_or(std::numeric_limits<double>::quiet_NaN());
      to(2, column) = row.measured;
      to(3, column) = row.standard_error;
      to(4, column) = row.feature_seconds;
      std::copy(row.errors.begin(), row.errors.end(), each.row(column));
      ++column;
    }
  }
  nb::dict out_dict;
  out_dict["specs"] = specs;
  out_dict["gaps"] = gaps;
  out_dict["exact_seconds"] = found.exact_seconds;
  return out_dict;
}

/// Exact attention's seconds, and the runs: map by map, one per number of frequencies.
nb::tuple study_attention(const std::vector<FeatureMapSpec>& specs, const Input& q, const Input& k,
                          const Input& v, const std::vector<Index>& frequencies,
                          const HeldAttentionOptions& options, int timed_runs, Threads threads) {
  double exact_seconds = 0.0;
  const std::vector<study::AttentionRun> runs = unlocked(q, [&]<class T>() {
    const study::AttentionStudyPlan plan{.runs = study::AttentionRuns::features_and_exact,
                                         .frequencies = frequencies,
                                         .features = {},
                                         .seed = {},
                                         .scale = {},
                                         .mean_square_sum = {},
                                         .attention = options.view(),
                                         .timed_runs = timed_runs,
                                         .execution = interruptible(threads)};
    study::AttentionStudy<T> found = study::run_attention_study<T>(
        plan, specs, AttentionInputs<T>{tensor<T>(q), tensor<T>(k), tensor<T>(v)});
    exact_seconds = found.exact_seconds.value();
    return std::move(found.runs);
  });
  return nb::make_tuple(exact_seconds, in_python(runs));
}

nb::dict table(const std::string& name, Index replicates, std::uint64_t seed, Threads threads) {
  study::StudyTable found;
  {
    const nb::gil_scoped_release release;
    const auto make = name == "equal-columns" ? study::equal_columns : study::attention_matrix;
    found = make(replicates, {seed}, interruptible(threads), nullptr);
  }
  nb::list cells;
  for (const study::StudyTableCell& cell : found.cells) {
    cells.append(nb::make_tuple(cell.map, cell.group, cell.at, cell.predicted, cell.measured,
                                cell.measured_error));
  }
  nb::dict out;
  out["title"] = found.title;
  out["remark"] = found.remark;
  out["cells"] = cells;
  return out;
}

/// Rows of x and y; returns what the pairs are called.
std::vector<std::string> pairs_into(Index dimension, const std::vector<double>& norms,
                                    const std::vector<double>& angles, const Output& x,
                                    const Output& y) {
  std::vector<std::string> labels;
  Index row = 0;
  for (const study::StudyPair& pair : study::pairs_at(dimension, norms, angles)) {
    std::copy(pair.x.begin(), pair.x.end(), matrix<double>(x).row(row));
    std::copy(pair.y.begin(), pair.y.end(), matrix<double>(y).row(row));
    labels.push_back(pair.label);
    ++row;
  }
  return labels;
}

}  // namespace

void define_studies(nb::module_& m) {
  m.def("study_gap", &gap);
  m.def("study_pairs", &pairs_into);
  m.def("pair_study", &study_pairs_into);
  m.def("matrix_study", &study_matrix_into);
  m.def("gram_study", &study_gram_into);
  m.def("attention_study", &study_attention);
  m.def("study_table", &table);
}

}  // namespace bochner::python
