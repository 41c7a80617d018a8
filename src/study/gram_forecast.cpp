// SPDX-License-Identifier: Apache-2.0
#include "study/gram_forecast.hpp"

#include "bochner/client/gram.hpp"
#include "core/stopwatch.hpp"

#include <algorithm>

namespace bochner::study {
namespace {

/// Squares of rows below which the forecast is not worth its own time.
constexpr double kSoonMeasured = 16e6;

/// Seconds of `work`, which takes a number of rows, on `rows` of them. What does not grow with
/// their square drops out of the difference of two samples; a first call warms up.
template <class Work>
double grown(Index rows, const Work& work) {
  const Index sample = std::min(rows, kForecastRows);
  const Index half = (sample + 1) / 2;
  work(half);
  const auto seconds = [&](Index count) {
    const Stopwatch watch;
    work(count);
    return watch.seconds();
  };
  const auto square = [](Index count) {
    return static_cast<double>(count) * static_cast<double>(count);
  };
  const double few = seconds(half);
  const double many = seconds(sample);
  if (sample == half) return many;
  return std::max(many - few, 0.0) / (square(sample) - square(half)) * square(rows);
}

bool is_soon_done(const GramStudyPlan& plan, MatrixView<const double> x) {
  const auto n = static_cast<double>(x.rows);
  return n * n * static_cast<double>(plan.draws) < kSoonMeasured;
}

double exact_pass(const GramStudyPlan& plan, MatrixView<const double> x) {
  return grown(x.rows, [&](Index count) {
    Matrix<double> out(count, count);
    exact_gram(plan.kernel, x.middle_rows(0, count), x.middle_rows(0, count), out.view(),
               plan.execution);
  });
}

template <Scalar T>
double measuring(const GramStudyPlan& plan, MatrixView<const T> x) {
  double seconds = 0.0;
  for (const Projection& projection : plan.projections) {
    for (const Index m : plan.frequencies) {
      const FeatureMap<T> map(study_spec(plan, x.cols, projection, m));
      seconds += grown(x.rows, [&](Index count) {
        const MatrixView<const T> rows = x.middle_rows(0, count);
        static_cast<void>(gram_distance<T>(map, rows, rows, plan.execution));
      });
    }
  }
  return static_cast<double>(plan.draws) * seconds;
}

}  // namespace

double exact_gram_seconds(const GramStudyPlan& plan, MatrixView<const double> x) {
  return is_soon_done(plan, x) ? 0.0 : exact_pass(plan, x);
}

double gram_study_seconds(const GramStudyPlan& plan, MatrixView<const double> x) {
  if (is_soon_done(plan, x)) return 0.0;
  double seconds = exact_pass(plan, x);
  for (const Projection& projection : plan.projections) {
    const FeatureMapSpec spec = study_spec(plan, x.cols, projection, plan.frequencies.front());
    seconds += grown(x.rows, [&](Index count) {
      std::string gap;
      predicted_curve(spec, x.middle_rows(0, count), plan.execution, gap);
    });
  }
  if (plan.arithmetic == Arithmetic::double_precision) return seconds + measuring<double>(plan, x);
  const Matrix<float> sample = single(x.middle_rows(0, std::min(x.rows, kForecastRows)));
  const double growth = static_cast<double>(x.rows) / static_cast<double>(sample.rows());
  return seconds + growth * growth * measuring<float>(plan, sample.view());
}

}  // namespace bochner::study
