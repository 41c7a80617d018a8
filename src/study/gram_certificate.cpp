// SPDX-License-Identifier: Apache-2.0
#include "study/gram_certificate.hpp"

#include "core/stopwatch.hpp"

#include <algorithm>

namespace bochner::study {
namespace {

/// So much longer than random features took, or else a busy moment halves them.
constexpr double kTimeAllowance = 1.5;

/// K^ - K of this size has the norm of K.
GramApproximation<double> nothing(Index n) {
  const Matrix<double> zeros(n, 1);
  return GramApproximation<double>(zeros.view());
}

template <Scalar T>
GramCertificates certify_in(const GramStudyPlan& plan, MatrixView<const double> exact_x,
                            MatrixView<const T> x, double lambda, Index samples, Watcher* watcher) {
  const Execution& execution = plan.execution;
  const LanczosErrorOptions lanczos{.seed = plan.seed};
  const ExactGram exact(plan.kernel, exact_x, execution);
  const auto total =
      static_cast<double>(1 + plan.projections.size() * (1 + 2 * plan.frequencies.size()));
  Progress progress(watcher, {"certify", total});
  GramCertificates out;
  out.lambda = lambda;
  out.norm = squared_norm(exact, execution);
  out.spectral_norm = spectral_error(nothing(x.rows), exact, lanczos, execution);
  progress.advance(1.0);
  for (const Projection& projection : plan.projections) {
    std::string gap;
    const std::optional<GramErrorCurve> predicted = predicted_curve(
        study_spec(plan, x.cols, projection, plan.frequencies.front()), exact_x, execution, gap);
    progress.advance(1.0);
    for (const Index m : plan.frequencies) {
      const Stopwatch watch;
      GramCertificate& row = out.rows.emplace_back();
      row.spec = study_spec(plan, x.cols, projection, m);
      if (predicted) row.predicted = predicted->at(m);
      const GramApproximation<T> approximation(FeatureMap<T>(row.spec), x, {}, execution);
      row.sampled = sampled_error(approximation, exact, {samples, plan.seed}, execution);
      row.relative = relative_interval(row.sampled, out.norm);
      row.spectral = spectral_error(approximation, exact, lanczos, execution);
      progress.advance(1.0);
      const ShiftedGram<T> shifted(approximation, lambda, execution);
      row.delta = delta_spectral(approximation, shifted, exact, lanczos, execution);
      progress.advance(1.0);
      row.seconds = watch.seconds();
    }
  }
  return out;
}

template <Scalar T>
GramComparison compare_in(const GramStudyPlan& plan, MatrixView<const T> x,
                          const std::vector<Pivoting>& pivotings, Index samples) {
  const SampledErrorOptions sampling{samples, plan.seed};
  GramComparison out;
  out.norm = squared_norm(ExactGram(plan.kernel, x, plan.execution), plan.execution);
  out.spec = study_spec(plan, x.cols, plan.projections.front(), plan.frequencies.back());
  out.memory.memory = x.rows * num_features(out.spec) * static_cast<Index>(sizeof(T));
  out.equal_memory =
      compare_approximations<T>(out.spec, x, out.memory, pivotings, sampling, plan.execution);
  const auto features = std::find_if(out.equal_memory.begin(), out.equal_memory.end(),
                                     [](const ComparedGram& gram) { return !gram.pivoting; });
  out.time = {out.memory.memory, kTimeAllowance * features->seconds};
  out.equal_time =
      compare_approximations<T>(out.spec, x, out.time, pivotings, sampling, plan.execution);
  return out;
}

}  // namespace

GramCertificates certify(const GramStudyPlan& plan, MatrixView<const double> x, double lambda,
                         Index samples, Watcher* watcher) {
  if (plan.arithmetic == Arithmetic::double_precision) {
    return certify_in<double>(plan, x, x, lambda, samples, watcher);
  }
  return certify_in<float>(plan, x, single(x).view(), lambda, samples, watcher);
}

GramComparison compare(const GramStudyPlan& plan, MatrixView<const double> x,
                       const std::vector<Pivoting>& pivotings, Index samples) {
  if (plan.arithmetic == Arithmetic::double_precision) {
    return compare_in<double>(plan, x, pivotings, samples);
  }
  return compare_in<float>(plan, single(x).view(), pivotings, samples);
}

}  // namespace bochner::study
