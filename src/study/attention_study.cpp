// SPDX-License-Identifier: Apache-2.0
#include "study/attention_study.hpp"

#include "bochner/client/attention/exact.hpp"
#include "bochner/estimator/optimal_centring.hpp"
#include "bochner/estimator/optimal_parameter.hpp"
#include "bochner/kernel/data_scale.hpp"
#include "core/stopwatch.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace bochner::study {
namespace {

/// Rows that features are compared with exact attention on, one by one.
constexpr Index kSampledRows = 64;

template <Scalar T>
Matrix<double> widened(MatrixView<const T> x) {
  Matrix<double> out(x.rows, x.cols);
  for (Index r = 0; r < x.rows; ++r) {
    for (Index c = 0; c < x.cols; ++c) out(r, c) = static_cast<double>(x(r, c));
  }
  return out;
}

void subtract(const std::vector<double>& centre, Matrix<double>& x) {
  for (Index r = 0; r < x.rows(); ++r) {
    for (Index c = 0; c < x.cols(); ++c) x(r, c) -= centre[static_cast<std::size_t>(c)];
  }
}

/// Sets scale and centres by the rows, which it changes. Returns the mean |q + k|^2 that is left,
/// after scaling.
double fit_to_rows(const AttentionStudyPlan& plan, Matrix<double> queries, Matrix<double> keys,
                   SoftmaxKernel kernel, FeatureMapSpec& spec) {
  if (plan.mean_square_sum) {
    kernel.scale = softmax_scale_for(queries.view(), keys.view(), *plan.mean_square_sum);
    spec.kernel = kernel;
  }
  if (plan.means == Means::subtracted) {
    spec.transform = optimal_centring(spec.kernel, spec.features, queries.view(), keys.view());
    // Before squares are taken: an offset costs no digits.
    subtract(spec.transform.query, queries);
    subtract(spec.transform.key, keys);
  }
  return kernel.scale * mean_square_sum(queries.view(), keys.view());
}

/// Seconds of the fastest of some calls.
template <class Call>
double timed(int runs, const Call& call) {
  constexpr double kEnough = 1.0;
  double best = std::numeric_limits<double>::infinity();
  double total = 0.0;
  for (int run = 0; run < runs && total < kEnough; ++run) {
    const Stopwatch watch;
    call();
    const double elapsed = watch.seconds();
    best = std::min(best, elapsed);
    total += elapsed;
  }
  return best;
}

template <Scalar T>
double relative_error(const Matrix<T>& out, const Matrix<T>& exact) {
  double unit = 0.0;  // squares of what is divided by it neither overflow nor vanish
  for (Index e = 0; e < exact.size(); ++e) {
    unit = std::max(unit, std::abs(static_cast<double>(exact.data()[e])));
  }
  if (unit == 0.0) unit = 1.0;
  double error = 0.0;
  double norm = 0.0;
  for (Index e = 0; e < out.size(); ++e) {
    const double o = static_cast<double>(exact.data()[e]) / unit;
    error += std::pow(static_cast<double>(out.data()[e]) / unit - o, 2);
    norm += o * o;
  }
  return error == 0.0 ? 0.0 : std::sqrt(error / norm);
}

}  // namespace

bool features_alone(const AttentionOptions& options) {
  return options.exact == ExactPairs{} && options.rest == Rest::features && options.decay.empty();
}

template <Scalar T>
FeatureMapSpec attention_spec(const AttentionStudyPlan& plan, MatrixView<const T> queries,
                              MatrixView<const T> keys) {
  const Index dim = queries.cols;
  SoftmaxKernel kernel = SoftmaxKernel::for_dimension(dim);
  if (plan.scale) kernel.scale = *plan.scale;
  FeatureMapSpec spec{.input_dim = dim,
                      .num_frequencies = plan.frequencies.front(),
                      .kernel = kernel,
                      .projection = plan.projection,
                      .features = plan.features.value_or(HyperbolicOprfFeatures{}),
                      .seed = plan.seed,
                      .transform = {}};
  const bool looks_at_rows =
      plan.mean_square_sum || !plan.features || plan.means == Means::subtracted;
  double mean_square = 0.0;
  if (looks_at_rows && queries.rows > 0 && keys.rows > 0 && keys.cols == dim) {
    mean_square = fit_to_rows(plan, widened(queries), widened(keys), kernel, spec);
  }
  if (!plan.features) {
    spec.features =
        HyperbolicOprfFeatures{optimal_hyperbolic_oprf_parameter(std::max(mean_square, 0.0), dim)};
  }
  return spec;
}

template <Scalar T>
AttentionStudy<T> run_attention_study(const AttentionStudyPlan& plan,
                                      std::vector<FeatureMapSpec> specs,
                                      const AttentionInputs<T>& inputs) {
  const auto [batch, heads, length, dim] = inputs.queries.extents;
  const Index columns = inputs.values.extent(3);
  const bool compared = plan.runs == AttentionRuns::features_and_exact;
  AttentionStudy<T> study;
  study.output = Matrix<T>(batch * heads * length, columns);
  Matrix<T>& out = study.output;
  const TensorView<T, 4> view(out.data(), {batch, heads, length, columns});
  Matrix<T> exact;
  if (plan.runs != AttentionRuns::features) {
    AttentionOptions options = plan.attention;
    options.products = Products::full;
    options.exact = {};
    options.rest = Rest::features;
    study.exact_seconds = timed(plan.timed_runs, [&] {
      study.exact_report =
          exact_attention<T>(specs.front().kernel, inputs, view, options, {}, plan.execution);
    });
    if (compared) exact = out;
  }
  if (plan.runs == AttentionRuns::exact) return study;
  for (FeatureMapSpec& spec : specs) {
    for (const Index m : plan.frequencies) {
      AttentionRun run;
      spec.num_frequencies = m;
      run.spec = spec;
      const FeatureMap<T> map(spec);
      run.seconds = timed(plan.timed_runs, [&] {
        run.report = attention<T>(map, inputs, view, plan.attention, plan.execution);
      });
      if (compared) run.error = relative_error(out, exact);
      if (compared && features_alone(plan.attention)) {
        run.quality =
            attention_report<T>(map, inputs, kSampledRows, plan.attention, plan.execution);
      }
      study.runs.push_back(std::move(run));
    }
  }
  return study;
}

template FeatureMapSpec attention_spec(const AttentionStudyPlan&, MatrixView<const float>,
                                       MatrixView<const float>);
template FeatureMapSpec attention_spec(const AttentionStudyPlan&, MatrixView<const double>,
                                       MatrixView<const double>);
template AttentionStudy<float> run_attention_study(const AttentionStudyPlan&,
                                                   std::vector<FeatureMapSpec>,
                                                   const AttentionInputs<float>&);
template AttentionStudy<double> run_attention_study(const AttentionStudyPlan&,
                                                    std::vector<FeatureMapSpec>,
                                                    const AttentionInputs<double>&);

}  // namespace bochner::study
