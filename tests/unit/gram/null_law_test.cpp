// SPDX-License-Identifier: Apache-2.0
#include "unit/gram/problems.hpp"

#include <bochner/client/gram/independence.hpp>
#include <bochner/client/gram/two_sample.hpp>
#include <bochner/core/names.hpp>

#include <catch2/catch.hpp>

#include <utility>
#include <vector>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

FeatureMap<double> map_of(Index dim, Index frequencies = 15) {
  return FeatureMap<double>(
      gram_spec(dim, frequencies, GaussianKernel{Isotropic{1.2}}, TrigonometricFeatures{}));
}

KernelTestOptions by(ChiSquareLaw law) {
  return {.null = NullLaw::weighted_chi_squares, .law = law};
}

/// The eigenvalues of H K H / (n - 1).
std::vector<double> spectrum(const Eigen::MatrixXd& k) {
  const Index n = k.rows();
  const Eigen::MatrixXd h = Eigen::MatrixXd::Identity(n, n) -
                            Eigen::MatrixXd::Constant(n, n, 1.0 / static_cast<double>(n));
  const Eigen::VectorXd values =
      Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(h * k * h / static_cast<double>(n - 1))
          .eigenvalues()
          .cwiseMax(0.0);
  return {values.data(), values.data() + n};
}

Matrix<double> stacked(const Matrix<double>& x, const Matrix<double>& y) {
  Matrix<double> out(x.rows() + y.rows(), x.cols());
  for (Index i = 0; i < out.rows(); ++i) {
    for (Index k = 0; k < x.cols(); ++k) out(i, k) = i < x.rows() ? x(i, k) : y(i - x.rows(), k);
  }
  return out;
}

/// P(sum_k lambda_k (X_k - 1) > statistic / unit).
double two_sample_tail(const std::vector<double>& lambda, double statistic, double unit,
                       ChiSquareLaw law) {
  double mean = 0.0;
  for (const double value : lambda) mean += value;
  return weighted_chi_square_tail(lambda, mean + statistic / unit, law);
}

}  // namespace

TEST_CASE("the limit law of the two-sample statistic is that of the centred matrix", "[gram]") {
  const Matrix<double> x = normal_matrix<double>(40, 3, 61);
  const Matrix<double> y = normal_matrix<double>(25, 3, 62);
  const Matrix<double> pooled = stacked(x, y);
  const double unit = 1.0 / 40.0 + 1.0 / 25.0;
  // Fewer features than rows, and more.
  for (const Index frequencies : {15, 60}) {
    const FeatureMap<double> map = map_of(3, frequencies);
    const std::vector<double> lambda = spectrum(approximate<double>(map, pooled));
    const KernelTest permuted = two_sample_test<double>(map, x.view(), y.view());
    for (std::size_t l = 0; l < names_of(ChiSquareLaw{}).size(); ++l) {
      const auto law = static_cast<ChiSquareLaw>(l);
      const KernelTest found = two_sample_test<double>(map, x.view(), y.view(), by(law));
      CHECK(found.statistic == Approx(permuted.statistic).epsilon(1e-12));
      CHECK(found.permuted.empty());
      CHECK(found.p_value ==
            Approx(two_sample_tail(lambda, found.statistic, unit, law)).epsilon(1e-8));
      CHECK(found.p_value == Approx(permuted.p_value).margin(0.08));
    }
    const KernelTestOptions limit = by(ChiSquareLaw::inversion);
    const KernelTest threaded =
        two_sample_test<double>(map, x.view(), y.view(), limit, Execution{.num_threads = 3});
    CHECK(threaded.p_value == two_sample_test<double>(map, x.view(), y.view(), limit).p_value);
  }
  const GaussianKernel kernel{Isotropic{1.2}};
  const KernelTest by_exact =
      two_sample_test(ExactGram(kernel, pooled.view()), 40, by(ChiSquareLaw::inversion));
  CHECK(by_exact.p_value ==
        Approx(two_sample_tail(spectrum(bochner::testing::exact(kernel, pooled)),
                               by_exact.statistic, unit, ChiSquareLaw::inversion))
            .epsilon(1e-8));
}

TEST_CASE("the limit law of the independence statistic has products of eigenvalues", "[gram]") {
  const Matrix<double> x = normal_matrix<double>(50, 3, 63);
  const Matrix<double> y = normal_matrix<double>(50, 2, 64);
  const FeatureMap<double> map_x = map_of(3);
  const FeatureMap<double> map_y = map_of(2, 40);
  const GramApproximation<double> k(map_x, x.view());
  const GramApproximation<double> l(map_y, y.view());
  const KernelTest found = independence_test(k, l, by(ChiSquareLaw::inversion));
  std::vector<double> weights;
  double mean = 0.0;
  for (const double a : spectrum(approximate<double>(map_x, x))) {
    for (const double b : spectrum(approximate<double>(map_y, y))) {
      weights.push_back(a * b * 49.0 / 50.0);
      mean += weights.back() / 50.0;
    }
  }
  CHECK(found.p_value ==
        Approx(weighted_chi_square_tail(weights, 50.0 * found.statistic)).epsilon(1e-8));
  // The law's mean is the mean over all permutations, up to that of a sample of these.
  const KernelTest permuted = independence_test(k, l, {.permutations = 400});
  double sample = 0.0;
  double square = 0.0;
  for (const double value : permuted.permuted) sample += value / 400.0;
  for (const double value : permuted.permuted)
    square += (value - sample) * (value - sample) / 399.0;
  CHECK(std::abs(sample - mean) < 5.0 * std::sqrt(square / 400.0));
  CHECK(found.p_value == Approx(permuted.p_value).margin(0.1));
  // Powers of two of inputs' features cancel.
  Matrix<double> factor(50, 2);
  Matrix<double> tiny(50, 2);
  for (Index e = 0; e < 100; ++e) {
    factor.data()[e] = x.data()[e];
    tiny.data()[e] = 0x1p-400 * x.data()[e];
  }
  const GramApproximation<double> plain(std::as_const(factor).view());
  const GramApproximation<double> scaled(std::as_const(tiny).view());
  CHECK(independence_test(scaled, l, by(ChiSquareLaw::inversion)).p_value ==
        independence_test(plain, l, by(ChiSquareLaw::inversion)).p_value);
}

TEST_CASE("by the limit law too, what does not vary has nothing to find", "[gram]") {
  const FeatureMap<double> map = map_of(2);
  Matrix<double> same(12, 2);
  std::fill_n(same.data(), 24, 0.1);
  const KernelTestOptions limit = by(ChiSquareLaw::inversion);
  const Matrix<double> other = normal_matrix<double>(12, 2, 65);
  const MatrixView<const double> equal = std::as_const(same).view();
  CHECK(two_sample_test<double>(map, equal, equal, limit).p_value == 1.0);
  CHECK(two_sample_test(ExactGram(GaussianKernel{}, equal), 5, limit).p_value == 1.0);
  CHECK(independence_test<double>({map, equal}, {map, other.view()}, limit).p_value == 1.0);
  CHECK(independence_test<double>({map, other.view()}, {map, equal}, limit).p_value == 1.0);
  // Two rows each: the smallest samples there are.
  const double p = two_sample_test<double>(map, other.view().middle_rows(0, 2),
                                           other.view().middle_rows(2, 2), limit)
                       .p_value;
  CHECK(p > 0.0);
  CHECK(p < 1.0);
  CHECK_THROWS_WITH(two_sample_test(GramApproximation<double>(map, equal), 1, limit),
                    Contains("rows of the first sample is 1"));
}
