// SPDX-License-Identifier: Apache-2.0
#include "client/regression/candidate_score.hpp"

#include "bochner/client/regression/ridge_path.hpp"
#include "client/regression/feature_rows.hpp"
#include "client/regression/gathered_rows.hpp"
#include "client/regression/ridge_system.hpp"
#include "client/regression/target_scale.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace bochner::regression {
namespace {

constexpr Door kScore("search_hyperparameters");
constexpr double kSmallestRidge = 1e-9;
constexpr Index kRidges = 28;  // three per decade

struct Scores {
  std::vector<double> score;
  std::vector<double> standard_error;
};

/// Mean |phi|^2 over the first block of rows.
template <Scalar T>
double mean_square_norm(const FeatureMap<T>& map, const TrainingRows<T>& rows) {
  const Index count = std::min(simd::kBlockRows, rows.x.rows);
  FeatureRows<T> features(map.blocks());
  Matrix<double> phi(simd::kBlockRows, feature_stride(map.num_features()));
  features.compute(kScore, rows.x.middle_rows(0, count), 0, phi.data());
  double sum = 0.0;
  double weight = 0.0;
  for (Index r = 0; r < count; ++r) {
    const double own = weight_of(rows, r);
    weight += own;
    for (Index j = 0; j < map.num_features(); ++j) sum += own * (phi(r, j) * phi(r, j));
  }
  return sum > 0.0 ? sum / weight : 1.0;
}

template <Scalar T>
double leave_one_out_score(const NormalEquations<T>& equations, const TrainingRows<T>& rows,
                           double ridge, Intercept intercept, const Execution& execution) {
  const TargetScale scale = target_scale(kScore, rows);
  const RidgeRegression<T> model(
      equations, {.ridge = ridge, .intercept = intercept, .posterior = Posterior::full}, execution);
  Matrix<double> residual(rows.x.rows, rows.targets.cols);
  model.leave_one_out(rows, residual.view(), execution);
  double score = 0.0;
  for (Index i = 0; i < residual.rows(); ++i) {
    for (Index c = 0; c < residual.cols(); ++c) {
      score += weight_of(rows, i) * residual(i, c) * residual(i, c) /
               (scale.weight * scale.variance[static_cast<std::size_t>(c)] *
                static_cast<double>(residual.cols()));
    }
  }
  return score;
}

template <Scalar T>
Scores all_scores(const FeatureMap<T>& map, const TrainingRows<T>& rows, const Folds& folds,
                  std::span<const double> ridges, const SearchOptions& options,
                  const Execution& execution) {
  if (options.criterion == Criterion::k_fold) {
    CrossValidation found =
        cross_validate(map, rows, ridges, folds, options.loss, options.intercept, execution);
    return {std::move(found.loss), std::move(found.standard_error)};
  }
  const TargetScale scale = target_scale(kScore, rows);
  NormalEquations<T> equations(
      map, {.num_targets = rows.targets.cols,
            .target_offset =
                options.intercept == Intercept::fitted ? scale.mean : std::vector<double>{}});
  equations.add(rows, execution);
  Scores scores{{}, std::vector<double>(ridges.size())};
  if (options.criterion == Criterion::leave_one_out) {
    for (const double ridge : ridges) {
      try {
        scores.score.push_back(
            leave_one_out_score(equations, rows, ridge, options.intercept, execution));
      } catch (const SingularSystem&) {
        scores.score.push_back(std::numeric_limits<double>::infinity());
      }
    }
    return scores;
  }
  RidgePath path = ridge_path(equations, ridges, options.intercept, execution);
  if (options.criterion == Criterion::generalised_cross_validation) {
    scores.score = std::move(path.gcv);
  } else {
    for (const double evidence : path.log_evidence) {
      scores.score.push_back(-evidence / static_cast<double>(equations.num_rows()));
    }
  }
  return scores;
}

}  // namespace

template <Scalar T>
SearchCandidate judge(const FeatureMapSpec& spec, const TrainingRows<T>& rows, const Folds& folds,
                      const SearchOptions& options, const Execution& execution) {
  const FeatureMap<T> map(spec);
  std::vector<double> ridges = options.ridges;
  if (ridges.empty()) {
    ridges = logarithmic_ridges(kSmallestRidge, 1.0, kRidges);
    const double scale = mean_square_norm(map, rows);
    for (double& ridge : ridges) ridge *= scale;
  }
  const Scores scores = all_scores(map, rows, folds, ridges, options, execution);
  SearchCandidate candidate{.kernel = spec.kernel,
                            .num_rows = rows.x.rows,
                            .num_features = map.num_features(),
                            .ridge = ridges.back(),
                            .score = std::numeric_limits<double>::infinity(),
                            .standard_error = 0.0};
  for (std::size_t r = 0; r < ridges.size(); ++r) {
    // Ties go to the larger ridge; NaN is no score.
    const bool better = scores.score[r] < candidate.score ||
                        (scores.score[r] == candidate.score && ridges[r] > candidate.ridge);
    if (!better) continue;
    candidate.ridge = ridges[r];
    candidate.score = scores.score[r];
    candidate.standard_error = scores.standard_error[r];
  }
  return candidate;
}

template SearchCandidate judge(const FeatureMapSpec&, const TrainingRows<float>&, const Folds&,
                               const SearchOptions&, const Execution&);
template SearchCandidate judge(const FeatureMapSpec&, const TrainingRows<double>&, const Folds&,
                               const SearchOptions&, const Execution&);

}  // namespace bochner::regression
