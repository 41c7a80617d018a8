// SPDX-License-Identifier: Apache-2.0
#include "unit/regression/problems.hpp"

#include <Eigen/Dense>
#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <numeric>

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

/// Delta of [Avron17]: the least one with (1 - Delta) (K + p I) <= K^ + p I <= (1 + Delta) (K + p
/// I), K^ from `count` of the pool's frequencies, drawn in proportion to `share`.
double spectral_error(const Eigen::MatrixXd& pool, const Eigen::MatrixXd& k,
                      const Eigen::LLT<Eigen::MatrixXd>& regularised,
                      const std::vector<double>& share, int count, const Stream& stream) {
  const auto frequencies = static_cast<Eigen::Index>(share.size());
  const double total = std::accumulate(share.begin(), share.end(), 0.0);
  Eigen::MatrixXd error = -k;
  for (int draw = 0; draw < count; ++draw) {
    double left = total * stream.uniform(static_cast<std::uint64_t>(draw));
    Eigen::Index chosen = 0;
    while (chosen + 1 < frequencies && left >= share[static_cast<std::size_t>(chosen)]) {
      left -= share[static_cast<std::size_t>(chosen++)];
    }
    const double probability = share[static_cast<std::size_t>(chosen)] / total;
    for (const Eigen::Index column : {chosen, chosen + frequencies}) {  // cosine and sine
      const Eigen::VectorXd own = pool.col(column);
      error += own * own.transpose() / (count * probability);
    }
  }
  const auto l = regularised.matrixL();
  const Eigen::MatrixXd half = l.solve(error);
  const Eigen::MatrixXd scaled = l.solve(half.transpose().eval());
  return Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(scaled, Eigen::EigenvaluesOnly)
      .eigenvalues()
      .cwiseAbs()
      .maxCoeff();
}

struct MeanError {
  double mean = 0.0;
  double variance = 0.0;  ///< of the mean
};

}  // namespace

TEST_CASE("leverage scores are those of the dual system and sum to the degrees of freedom",
          "[regression]") {
  const auto problem = smooth_problem<double>(400, 3, 1, 82);
  const FeatureMap<double> map(regression_spec(3, 60));
  NormalEquations<double> equations(map);
  equations.add(problem.rows());
  const Matrix<double> features = features_of(map, problem.x);
  const Eigen::MatrixXd phi = Eigen::Map<const Eigen::Matrix<double, -1, -1, Eigen::RowMajor>>(
      features.data(), features.rows(), features.cols());
  for (const double ridge : {1e-6, 1e-3, 1e-1}) {
    for (const Intercept with : {Intercept::fitted, Intercept::none}) {
      const auto scores = ridge_leverage(equations, ridge, with);
      const auto path = ridge_path(equations, std::array{ridge}, with);
      const double sum = std::accumulate(scores.begin(), scores.end(), 0.0);
      const double intercept = with == Intercept::fitted ? 1.0 : 0.0;
      CHECK(std::abs(sum + intercept - path.degrees_of_freedom[0]) < 1e-8);
    }
    const auto scores = ridge_leverage(equations, ridge, Intercept::none);
    const Eigen::LLT<Eigen::MatrixXd> dual(phi * phi.transpose() +
                                           400.0 * ridge * Eigen::MatrixXd::Identity(400, 400));
    for (Index j = 0; j < map.num_features(); ++j) {
      const double expected = phi.col(j).dot(dual.solve(phi.col(j)));
      CHECK(std::abs(scores[static_cast<std::size_t>(j)] - expected) < 1e-8);
    }
  }
  CHECK_THROWS_WITH(ridge_leverage(equations, -1.0), Contains("ridge is -1"));
}

TEST_CASE("frequencies drawn by leverage are closer to the regularised Gram matrix",
          "[regression][statistical]") {
  // Forty of five hundred frequencies. A matter of linear algebra: a resampled map is no spec.
  constexpr Index kRows = 200;
  constexpr Index kPool = 500;
  constexpr int kDrawn = 40;
  constexpr int kRepeats = 15;
  constexpr double kRidge = 1e-3;
  const auto problem = smooth_problem<double>(kRows, 3, 1, 83);
  const FeatureMap<double> map(regression_spec(3, kPool));
  NormalEquations<double> equations(map);
  equations.add(problem.rows());
  const Matrix<double> features = features_of(map, problem.x);
  const Eigen::MatrixXd pool = Eigen::Map<const Eigen::Matrix<double, -1, -1, Eigen::RowMajor>>(
      features.data(), features.rows(), features.cols());
  const Eigen::MatrixXd k = pool * pool.transpose();
  const Eigen::LLT<Eigen::MatrixXd> regularised(k + kRows * kRidge *
                                                        Eigen::MatrixXd::Identity(kRows, kRows));

  const auto scores = ridge_leverage(equations, kRidge, Intercept::none);
  std::vector<double> leverage, inverse;
  for (std::size_t i = 0; i < kPool; ++i) {
    leverage.push_back(scores[i] + scores[i + kPool]);
    inverse.push_back(1.0 / leverage.back());
  }
  const auto error = [&](const std::vector<double>& share, std::uint64_t seed) {
    std::vector<double> errors;
    for (std::uint64_t repeat = 0; repeat < kRepeats; ++repeat) {
      const Stream stream(Seed{seed + repeat}, Purpose::study);
      errors.push_back(spectral_error(pool, k, regularised, share, kDrawn, stream));
    }
    MeanError result;
    result.mean = std::accumulate(errors.begin(), errors.end(), 0.0) / kRepeats;
    for (const double e : errors) {
      result.variance += (e - result.mean) * (e - result.mean) / (kRepeats * (kRepeats - 1));
    }
    return result;
  };
  const MeanError plain = error(std::vector<double>(kPool, 1.0), 100);
  const MeanError resampled = error(leverage, 200);
  const MeanError against = error(inverse, 300);
  const auto sigma = [](const MeanError& a, const MeanError& b) {
    return std::sqrt(a.variance + b.variance);
  };
  INFO("plain " << plain.mean << ", by leverage " << resampled.mean << ", against it "
                << against.mean);
  CHECK(plain.mean - resampled.mean > 3.0 * sigma(plain, resampled));
  // Shares that run against the scores must be seen to be worse.
  CHECK_FALSE(plain.mean - against.mean > 3.0 * sigma(plain, against));
}
