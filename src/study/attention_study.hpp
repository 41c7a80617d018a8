// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/attention/attention.hpp"
#include "bochner/client/attention/report.hpp"
#include "bochner/core/execution.hpp"
#include "bochner/core/field.hpp"
#include "bochner/core/matrix.hpp"
#include "bochner/core/view.hpp"
#include "bochner/feature_map.hpp"

#include <optional>
#include <tuple>
#include <vector>

/// \file
/// Attention by random features over numbers of frequencies, timed, and beside exact attention.

namespace bochner::study {

enum class AttentionRuns {
  features,            ///< random features alone
  features_and_exact,  ///< and exact attention, which they are compared with
  exact                ///< exact attention alone
};

/// Whether means are subtracted from queries and keys, which is exact in the kernel.
enum class Means { kept, subtracted };

/// What to run.
struct AttentionStudyPlan {
  AttentionRuns runs = AttentionRuns::features;
  std::vector<Index> frequencies;  ///< ascending, at least one
  /// Nothing: hyperbolic-oprf with the parameter that is optimal for the data.
  std::optional<FeatureFunction> features;
  Projection projection{OrthogonalProjection{}};
  Seed seed;
  Means means = Means::kept;
  std::optional<double> scale;  ///< s of exp(s q.k); nothing: 1/sqrt(dimension)
  /// Instead of `scale`: s such that the mean of s |q + k|^2 over pairs is this number.
  std::optional<double> mean_square_sum;
  AttentionOptions attention;  ///< exact attention ignores `products`, `exact` and `rest`
  /// Runs whose fastest is the time of a call; no more are started once they have taken a second
  /// together.
  int timed_runs = 1;
  Execution execution{};
};

/// The map of the plan for these rows, with the fewest frequencies; where there are no rows to look
/// at, as if their mean square were zero. Throws InvalidArgument when the scale cannot be had; the
/// spec itself is not validated.
template <Scalar T>
FeatureMapSpec attention_spec(const AttentionStudyPlan& plan, MatrixView<const T> queries,
                              MatrixView<const T> keys);

/// Whether all pairs are weighed by features alone and without decay: what can be predicted.
bool features_alone(const AttentionOptions& options);

/// Random features, once.
struct AttentionRun {
  FeatureMapSpec spec;
  double seconds = 0.0;
  AttentionReport report;
  double error = 0.0;           ///< relative Frobenius error of the whole output, where compared
  AttentionComparison quality;  ///< where compared, of features alone and without decay

  static constexpr auto fields() {
    return std::tuple{Field{"spec", &AttentionRun::spec}, Field{"seconds", &AttentionRun::seconds},
                      Field{"report", &AttentionRun::report}, Field{"error", &AttentionRun::error},
                      Field{"quality", &AttentionRun::quality}};
  }
};

template <Scalar T>
struct AttentionStudy {
  std::optional<double> exact_seconds;
  std::optional<AttentionReport> exact_report;
  std::vector<AttentionRun> runs;  ///< map by map, one per number of frequencies
  Matrix<T> output;                ///< of the last run, all but the last extent together
};

/// Runs the plan with the maps of `specs`, whose numbers of frequencies are not used; at least one,
/// of one kernel. Throws as `attention`, `exact_attention` and `attention_report`.
template <Scalar T>
AttentionStudy<T> run_attention_study(const AttentionStudyPlan& plan,
                                      std::vector<FeatureMapSpec> specs,
                                      const AttentionInputs<T>& inputs);

extern template FeatureMapSpec attention_spec(const AttentionStudyPlan&, MatrixView<const float>,
                                              MatrixView<const float>);
extern template FeatureMapSpec attention_spec(const AttentionStudyPlan&, MatrixView<const double>,
                                              MatrixView<const double>);
extern template AttentionStudy<float> run_attention_study(const AttentionStudyPlan&,
                                                          std::vector<FeatureMapSpec>,
                                                          const AttentionInputs<float>&);
extern template AttentionStudy<double> run_attention_study(const AttentionStudyPlan&,
                                                           std::vector<FeatureMapSpec>,
                                                           const AttentionInputs<double>&);

}  // namespace bochner::study
