// SPDX-License-Identifier: Apache-2.0
#include "study/gram_study.hpp"

#include "bochner/client/gram.hpp"
#include "core/stopwatch.hpp"
#include "estimator/row_law.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace bochner::study {
namespace {

/// Entries of a buffer for part of a matrix: 64 MiB of doubles.
constexpr Index kBufferEntries = Index{1} << 23;
/// Rows between two looks at the clock, a multiple of the library's block.
constexpr Index kRowsAtATime = 1024;
/// What an entry's predicted variance costs, in multiplications.
constexpr double kPredictionWork = 200.0;

/// Calls `work(first, count)` for parts of `rows` that give a buffer of `cols` columns its size.
template <class Work>
void by_parts(Index rows, Index cols, const Work& work) {
  const Index step = std::min(rows, std::max<Index>(64, kBufferEntries / std::max<Index>(cols, 1)));
  for (Index first = 0; first < rows; first += step) {
    work(first, std::min(step, rows - first), step);
  }
}

double time_exact(const Kernel& kernel, MatrixView<const double> x, const Execution& execution) {
  Matrix<double> buffer;
  const Stopwatch watch;
  by_parts(x.rows, x.rows, [&](Index first, Index count, Index most) {
    if (buffer.rows() == 0) buffer = Matrix<double>(most, x.rows);
    exact_gram(kernel, x.middle_rows(first, count), x, buffer.view().middle_rows(0, count),
               execution);
  });
  return watch.seconds();
}

template <Scalar T>
double time_features(const FeatureMapSpec& spec, MatrixView<const T> x,
                     const Execution& execution) {
  Matrix<T> phi;
  std::vector<std::int32_t> exponents;
  const Stopwatch watch;
  const FeatureMap<T> map(spec);
  by_parts(x.rows, map.num_features(), [&](Index first, Index count, Index most) {
    if (phi.rows() == 0) {
      phi = Matrix<T>(most, map.num_features());
      exponents.resize(static_cast<std::size_t>(most));
    }
    map.apply(Side::query, x.middle_rows(first, count),
              {phi.view().middle_rows(0, count),
               std::span(exponents).first(static_cast<std::size_t>(count))},
              execution);
  });
  return watch.seconds();
}

/// `gram_distance` in parts, so that progress shows.
template <Scalar T>
double measure(const FeatureMapSpec& spec, MatrixView<const T> x, const Execution& execution,
               Progress& progress, double work) {
  const FeatureMap<T> map(spec);
  MeasuredGramError total;
  // A part computes all features again: twenty parts at most, so that this stays small.
  const Index step = std::max(kRowsAtATime, x.rows / 20);
  for (Index first = 0; first < x.rows; first += step) {
    const Index count = std::min(step, x.rows - first);
    const MeasuredGramError part = gram_distance<T>(map, x.middle_rows(first, count), x, execution);
    total.squared_error += part.squared_error;
    total.squared_norm += part.squared_norm;
    progress.advance(work * static_cast<double>(count) / static_cast<double>(x.rows));
  }
  return total.relative();
}

void summarise(GramStudyRow& row) {
  const auto n = static_cast<double>(row.errors.size());
  double mean = 0.0;
  for (const double e : row.errors) mean += e * e / n;
  row.measured = std::sqrt(mean);
  if (row.errors.size() < 2 || mean == 0.0) return;
  double variance = 0.0;
  for (const double e : row.errors) variance += (e * e - mean) * (e * e - mean) / (n - 1.0);
  // The delta method: d sqrt(u) = du / (2 sqrt(u)).
  row.standard_error = std::sqrt(variance / n) / (2.0 * row.measured);
}

template <Scalar T>
GramStudy run(const GramStudyPlan& plan, MatrixView<const double> exact_x, MatrixView<const T> x,
              Watcher* watcher) {
  const auto n = static_cast<double>(x.rows);
  const auto d = static_cast<double>(x.cols);
  const double exact_work = n * n * d;
  const double prediction_work = n * n / 2.0 * (d + kPredictionWork);
  const auto draw_work = [&](const FeatureMapSpec& spec) {
    return n * n * (static_cast<double>(num_features(spec)) + d);
  };

  double total = exact_work;
  GramStudy study;
  for (const Projection& projection : plan.projections) {
    total += prediction_work;
    GramStudyCurve& curve = study.curves.emplace_back(GramStudyCurve{projection, {}, {}});
    for (const Index m : plan.frequencies) {
      curve.rows.emplace_back().spec = study_spec(plan, x.cols, projection, m);
      total += static_cast<double>(plan.draws) * draw_work(curve.rows.back().spec);
    }
  }

  Progress progress(watcher, {"gram", total});
  study.exact_seconds = time_exact(plan.kernel, exact_x, plan.execution);
  progress.advance(exact_work);
  for (GramStudyCurve& curve : study.curves) {
    const std::optional<GramErrorCurve> predicted =
        predicted_curve(curve.rows.front().spec, exact_x, plan.execution, curve.gap);
    progress.advance(prediction_work);
    for (GramStudyRow& row : curve.rows) {
      if (predicted) row.predicted = predicted->at(row.spec.num_frequencies).relative_error;
      row.feature_seconds = time_features<T>(row.spec, x, plan.execution);
      for (Index draw = 0; draw < plan.draws; ++draw) {
        FeatureMapSpec spec = row.spec;
        spec.seed.value += static_cast<std::uint64_t>(draw);
        row.errors.push_back(measure<T>(spec, x, plan.execution, progress, draw_work(spec)));
      }
      summarise(row);
    }
  }
  return study;
}

}  // namespace

FeatureMapSpec study_spec(const GramStudyPlan& plan, Index input_dim, const Projection& projection,
                          Index num_frequencies) {
  FeatureMapSpec spec{.input_dim = input_dim,
                      .num_frequencies = num_frequencies,
                      .kernel = plan.kernel,
                      .projection = projection,
                      .features = plan.features,
                      .seed = plan.seed};
  validate(spec);
  return spec;
}

std::optional<GramErrorCurve> predicted_curve(const FeatureMapSpec& spec,
                                              MatrixView<const double> x,
                                              const Execution& execution, std::string& gap) {
  if (const auto reason = estimator::closed_form_gap(spec.kernel, spec.projection)) {
    gap = *reason;
    return std::nullopt;
  }
  return gram_error_curve<double>(spec, x, execution);
}

Matrix<float> single(MatrixView<const double> x) {
  Matrix<float> out(x.rows, x.cols);
  for (Index i = 0; i < x.rows; ++i) {
    for (Index j = 0; j < x.cols; ++j) out(i, j) = static_cast<float>(x(i, j));
  }
  return out;
}

GramStudy run_study(const GramStudyPlan& plan, MatrixView<const double> x, Watcher* watcher) {
  if (plan.arithmetic == Arithmetic::double_precision) return run<double>(plan, x, x, watcher);
  return run<float>(plan, x, single(x).view(), watcher);
}

}  // namespace bochner::study
