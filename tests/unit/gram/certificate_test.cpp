// SPDX-License-Identifier: Apache-2.0
#include "problems.hpp"

#include <bochner/client/gram/certificate.hpp>
#include <bochner/core/error.hpp>

#include <catch2/catch.hpp>

#include <Eigen/Eigenvalues>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

struct Problem {
  explicit Problem(Index rows, Index frequencies)
      : x(normal_matrix<double>(rows, 4, 1)),
        kernel(GaussianKernel{Isotropic{2.0}}),
        map(gram_spec(4, frequencies, kernel, TrigonometricFeatures{})),
        exact_gram(kernel, x),
        gram(map, x),
        k(exact(kernel, x)),
        difference(approximate<double>(map, x) - k) {}

  Matrix<double> x;
  Kernel kernel;
  FeatureMap<double> map;
  ExactGram exact_gram;
  GramApproximation<double> gram;
  Eigen::MatrixXd k;
  Eigen::MatrixXd difference;
};

}  // namespace

TEST_CASE("errors whose squares leave the range of double are refused, others have an interval",
          "[gram][certificate]") {
  const Matrix<double> x = normal_matrix<double>(40, 3, 19);
  const FeatureMapSpec narrow = gram_spec(3, 8, GaussianKernel{}, TrigonometricFeatures{});
  for (const double weight : {1e-170, 1e-90, 1e90, 1e170}) {
    FeatureMapSpec spec = narrow;
    spec.kernel = SumKernel{{{weight, {}, GaussianKernel{}}}};
    spec.projection = IidProjection{};
    const FeatureMap<double> map(spec);
    const GramApproximation<double> approximation(map, x.view());
    const ExactGram gram(spec.kernel, x.view());
    INFO(weight);
    if (weight == 1e-170 || weight == 1e170) {
      const char* const reason = weight < 1.0 ? "vanish below" : "overflow";
      CHECK_THROWS_WITH(squared_norm(gram), Contains(reason));
      CHECK_THROWS_WITH(sampled_error(approximation, gram, {}), Contains(reason));
      CHECK_THROWS_WITH(hutchinson_error(approximation, gram, {}), Contains(reason));
      CHECK_THROWS_WITH(gram_distance<double>(map, x.view(), x.view()), Contains(reason));
      continue;
    }
    CHECK(std::isfinite(squared_norm(gram).squared));
    CHECK(sampled_error(approximation, gram, {}).standard_error > 0.0);
    CHECK(hutchinson_error(approximation, gram, {}).standard_error > 0.0);
    CHECK(gram_distance<double>(map, x.view(), x.view()).relative() < 2.0);
  }
  const SampledGramError made{.squared_error = 1.0, .standard_error = 0.5, .samples = 1};
  CHECK_THROWS_WITH(made.interval(0.9), Contains("samples is 1, expected at least 2"));
  CHECK_THROWS_WITH(MeasuredGramError{}.relative(), Contains("zero or has no entries"));
}

TEST_CASE("Lanczos gives the norm of the difference; power iteration is below it", "[gram]") {
  const Problem problem(300, 50);
  const double norm = Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(problem.difference)
                          .eigenvalues()
                          .cwiseAbs()
                          .maxCoeff();
  const SpectralError found = spectral_error(problem.gram, problem.exact_gram);
  CHECK(found.converged);
  CHECK(found.steps < 60);
  CHECK(found.value == Approx(norm).epsilon(1e-9));
  CHECK(found.residual <= 1e-6 * norm);
  const SpectralError hasty = spectral_error(problem.gram, problem.exact_gram, {.max_steps = 3});
  CHECK_FALSE(hasty.converged);
  CHECK(hasty.value <= norm);
  CHECK(hasty.value + hasty.residual >= 0.5 * norm);

  // The twin: five steps of power iteration.
  Eigen::VectorXd v = dense(normal_matrix<double>(300, 1, 9)).normalized();
  for (int step = 0; step < 5; ++step) v = (problem.difference * v).normalized();
  CHECK((problem.difference * v).norm() < 0.99 * norm);
}

TEST_CASE("the Delta-spectral error is that of the dense pencil", "[gram]") {
  // More rows than features, and fewer.
  for (const Index frequencies : {20, 200}) {
    const Problem problem(150, frequencies);
    const double lambda = 2.0;
    const Eigen::MatrixXd m = problem.k + lambda * Eigen::MatrixXd::Identity(150, 150);
    const Eigen::GeneralizedSelfAdjointEigenSolver<Eigen::MatrixXd> pencil(problem.difference, m);
    const ShiftedGram<double> shifted(problem.gram, lambda);
    const DeltaSpectral found =
        delta_spectral(problem.gram, shifted, problem.exact_gram, {.tolerance = 1e-9});
    CHECK(found.converged);
    CHECK(found.low == Approx(pencil.eigenvalues().minCoeff()).epsilon(1e-6));
    CHECK(found.high == Approx(pencil.eigenvalues().maxCoeff()).epsilon(1e-6));
    CHECK(found.delta() == Approx(pencil.eigenvalues().cwiseAbs().maxCoeff()).epsilon(1e-6));

    // The root behind it, on the identity: S S^T M^ = I.
    Matrix<double> identity(150, 150);
    for (Index i = 0; i < 150; ++i) identity(i, i) = 1.0;
    Matrix<double> root(150, 150);
    Matrix<double> transposed(150, 150);
    shifted.apply_inverse_root(identity, root);
    shifted.apply_inverse_root_transposed(identity, transposed);
    CHECK(relative(dense(transposed).transpose(), dense(root)) < 1e-12);
    CHECK(relative(dense(root) * dense(transposed) * (m + problem.difference), dense(identity)) <
          1e-10);
  }
}

TEST_CASE("Delta falls with the number of frequencies", "[gram]") {
  const auto delta = [](Index frequencies) {
    const Problem problem(200, frequencies);
    return delta_spectral(problem.gram, ShiftedGram<double>(problem.gram, 2.0), problem.exact_gram)
        .delta();
  };
  CHECK(delta(1600) < 0.7 * delta(200));
}

TEST_CASE("norms are exact, and relative errors of sparse matrices refused", "[gram]") {
  const Problem problem(150, 50);
  const GramNorm norm = squared_norm(problem.exact_gram);
  CHECK(norm.squared == Approx(problem.k.squaredNorm()).epsilon(1e-12));
  CHECK(norm.squared_off_diagonal == Approx(norm.squared - 150.0).epsilon(1e-12));
  CHECK(squared_norm(problem.exact_gram, Execution{3}).squared == norm.squared);
  const SampledGramError estimate = sampled_error(problem.gram, problem.exact_gram);
  const Interval absolute = estimate.interval(0.99);
  const auto relative = relative_interval(estimate, norm, 0.99);
  REQUIRE(relative);
  CHECK(relative->high == Approx(absolute.high / problem.k.norm()));
  CHECK(absolute.low < problem.difference.norm());
  CHECK(absolute.high > problem.difference.norm());
  const ExactGram sparse(GaussianKernel{Isotropic{0.05}}, problem.x);
  CHECK_FALSE(relative_interval(estimate, squared_norm(sparse)));
}

TEST_CASE("samples have the same bits however features are kept and threads run", "[gram]") {
  const Problem problem(150, 50);
  const SampledGramError one = sampled_error(problem.gram, problem.exact_gram, {}, Execution{1});
  const GramApproximation<double> regenerated(problem.map, problem.x, {.memory = 0});
  CHECK(sampled_error(regenerated, problem.exact_gram, {}, Execution{3}).squared_error ==
        one.squared_error);
  CHECK(sampled_error(problem.gram, problem.exact_gram, {.seed = {1}}).squared_error !=
        one.squared_error);
}

TEST_CASE("certificates refuse what they cannot certify", "[gram]") {
  const Problem problem(20, 5);
  const Matrix<double> y = normal_matrix<double>(19, 4, 1);
  const ExactGram other(problem.kernel, y);
  const auto& [gram, exact] = std::tie(problem.gram, problem.exact_gram);
  const ShiftedGram<double> shifted(gram, 1.0);
  CHECK_THROWS_WITH(sampled_error(gram, other), Contains("has 19 rows, expected 20"));
  CHECK_THROWS_WITH(hutchinson_error(gram, other), Contains("has 19 rows"));
  CHECK_THROWS_WITH(spectral_error(gram, other), Contains("has 19 rows"));
  CHECK_THROWS_WITH(delta_spectral(gram, shifted, other), Contains("has 19 rows"));
  CHECK_THROWS_WITH(sampled_error(gram, exact, {.samples = 1}), Contains("samples is 1"));
  CHECK_THROWS_WITH(hutchinson_error(gram, exact, {.probes = 1}), Contains("probes is 1"));
  CHECK_THROWS_WITH(spectral_error(gram, exact, {.max_steps = 0}), Contains("max_steps is 0"));
  CHECK_THROWS_WITH(spectral_error(gram, exact, {.tolerance = -1.0}), Contains("tolerance is -1"));
  CHECK_THROWS_WITH(sampled_error(gram, exact).interval(1.0), Contains("level is 1"));
  CHECK_THROWS_WITH(sampled_error(gram, exact).interval(0.0), Contains("level is 0"));
}
