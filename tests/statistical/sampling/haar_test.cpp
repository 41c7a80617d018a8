// SPDX-License-Identifier: Apache-2.0
#include "support/statistics.hpp"

#include "bochner/core/matrix.hpp"
#include "bochner/random/stream.hpp"
#include "linalg/orthonormal.hpp"
#include "projection/operator.hpp"

#include <Eigen/QR>
#include <boost/math/distributions/beta.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <functional>

using namespace bochner;
using namespace bochner::testing;

namespace {

/// What turns the Gaussian rows of one block into orthonormal ones.
using Orthogonaliser = std::function<void(Matrix<double>&)>;

void haar(Matrix<double>& rows) { linalg::orthonormal_rows(rows); }

/// The rows that public implementations take: of Q^T as Householder's algorithm leaves it, its
/// signs uncorrected.
void unsigned_qr(Matrix<double>& rows) {
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Eigen::Map<RowMajor> g(rows.data(), rows.rows(), rows.cols());
  const Eigen::MatrixXd q = Eigen::HouseholderQR<Eigen::MatrixXd>(g.transpose()).householderQ();
  g = q.leftCols(rows.rows()).transpose();
}

Matrix<double> draw_block(Index d, std::uint64_t block, const Orthogonaliser& orthogonalise) {
  Matrix<double> q(d, d);
  for (Index i = 0; i < d; ++i) {
    const std::uint64_t item =
        block * static_cast<std::uint64_t>(d) + static_cast<std::uint64_t>(i);
    Stream({1}, Purpose::directions, item).normals(0, {q.row(i), static_cast<std::size_t>(d)});
  }
  orthogonalise(q);
  return q;
}

constexpr std::uint64_t kSmallBlocks = 40000;

/// `kSmallBlocks` matrices 3 x 3.
std::vector<Matrix<double>> small_blocks(const Orthogonaliser& orthogonalise) {
  std::vector<Matrix<double>> blocks;
  for (std::uint64_t block = 0; block < kSmallBlocks; ++block) {
    blocks.push_back(draw_block(3, block, orthogonalise));
  }
  return blocks;
}

template <class Statistic>
std::vector<double> over(const std::vector<Matrix<double>>& blocks, const Statistic& statistic) {
  std::vector<double> values(blocks.size());
  std::transform(blocks.begin(), blocks.end(), values.begin(), statistic);
  return values;
}

double determinant(const Matrix<double>& q) {
  return q(0, 0) * (q(1, 1) * q(2, 2) - q(1, 2) * q(2, 1)) -
         q(0, 1) * (q(1, 0) * q(2, 2) - q(1, 2) * q(2, 0)) +
         q(0, 2) * (q(1, 0) * q(2, 1) - q(1, 1) * q(2, 0));
}

/// Kummer's M(d; d/2; x), the cross moment of two rows of a block (x > 0).
double kummer(double d, double x) {
  double term = 1.0, sum = 1.0;
  for (double k = 0; term > 1e-17 * sum; ++k) {
    term *= (d + k) * x / ((d / 2 + k) * (k + 1));
    sum += term;
  }
  return sum;
}

/// Mean of exp(w . z) over the rows w of `blocks` blocks with chi(d) radii, |z| = 1, z along e_1 or
/// along (1, ..., 1).
struct ExponentialMeans {
  double axis = 0.0;
  double diagonal = 0.0;
};

ExponentialMeans exponential_means(Index d, std::uint64_t blocks,
                                   const Orthogonaliser& orthogonalise) {
  ExponentialMeans sum;
  for (std::uint64_t block = 0; block < blocks; ++block) {
    const Matrix<double> q = draw_block(d, block, orthogonalise);
    for (Index i = 0; i < d; ++i) {
      const std::uint64_t row =
          block * static_cast<std::uint64_t>(d) + static_cast<std::uint64_t>(i);
      const double radius = Stream({1}, Purpose::radii, row).chi(d);
      double along = 0.0;
      for (Index j = 0; j < d; ++j) along += q(i, j);
      sum.axis += std::exp(radius * q(i, 0));
      sum.diagonal += std::exp(radius * along / std::sqrt(static_cast<double>(d)));
    }
  }
  const double rows = static_cast<double>(blocks) * static_cast<double>(d);
  return {sum.axis / rows, sum.diagonal / rows};
}

const double kExponentialMean = std::exp(0.5);

double exponential_sigma(double d, double blocks) {
  const double one_row = std::exp(2.0) - std::exp(1.0);
  const double two_rows = kummer(d, 0.5) - std::exp(1.0);
  return std::sqrt((one_row / d + (d - 1) / d * two_rows) / blocks);
}

}  // namespace

TEST_CASE("the reference cross moment has its tabulated values", "[haar]") {
  CHECK(kummer(3, 0.5) == Approx(2.5133576683031).epsilon(1e-12));
  CHECK(kummer(16, 0.5) == Approx(2.6503451865498).epsilon(1e-12));
}

TEST_CASE("entries of a 3 x 3 Haar matrix", "[haar]") {
  const double n = kSmallBlocks;
  const auto blocks = small_blocks(haar);
  // Archimedes: a coordinate of a point on the sphere is uniform.
  for (const auto& [i, j] : {std::pair{0, 0}, std::pair{1, 0}, std::pair{2, 2}}) {
    const auto entry = over(blocks, [i = i, j = j](const auto& q) { return (q(i, j) + 1) / 2; });
    check_uniform_ks(entry);
    check_z(mean(entry), 0.5, 1 / std::sqrt(12 * n));
  }
  // E Q_00 Q_11 = 0, E (Q_00 Q_11)^2 = (d + 1) / (d (d - 1)(d + 2)); reflections are as likely as
  // rotations.
  check_z(mean(over(blocks, [](const auto& q) { return q(0, 0) * q(1, 1); })), 0.0,
          std::sqrt(2.0 / 15 / n));
  check_z(mean(over(blocks, determinant)), 0.0, 1 / std::sqrt(n));
}

TEST_CASE("Householder's own signs are caught", "[haar][twin]") {
  const double n = kSmallBlocks;
  const auto blocks = small_blocks(unsigned_qr);
  const auto entry = over(blocks, [](const auto& q) { return (q(0, 0) + 1) / 2; });
  caught_z(mean(entry), 0.5, 1 / std::sqrt(12 * n));
  CHECK(mean(entry) == Approx(0.25).margin(0.01));
  caught_z(mean(over(blocks, determinant)), 0.0, 1 / std::sqrt(n));
}

TEST_CASE("coordinates of a direction follow the beta law", "[haar]") {
  const Index d = 16;
  std::vector<double> first, last;
  for (std::uint64_t block = 0; block < 5000; ++block) {
    const Matrix<double> q = draw_block(d, block, haar);
    first.push_back((q(0, 0) + 1) / 2);
    last.push_back((q(d - 1, d - 1) + 1) / 2);
  }
  const boost::math::beta_distribution<> law((d - 1) / 2.0, (d - 1) / 2.0);
  const auto cdf = [&](double x) { return boost::math::cdf(law, x); };
  check_p_value(ks_p_value(first, cdf));
  check_p_value(ks_p_value(last, cdf));
}

TEST_CASE("exponentials of frequencies are unbiased in every direction", "[haar]") {
  for (const auto& [d, blocks] : {std::pair{Index{3}, 40000u}, std::pair{Index{8}, 20000u},
                                  std::pair{Index{16}, 10000u}, std::pair{Index{64}, 1000u}}) {
    const ExponentialMeans means = exponential_means(d, blocks, haar);
    const double sigma = exponential_sigma(static_cast<double>(d), blocks);
    check_z(means.axis, kExponentialMean, sigma);
    check_z(means.diagonal, kExponentialMean, sigma);
  }
}

TEST_CASE("the bias of uncorrected signs is caught", "[haar][twin]") {
  const Index d = 16;
  const std::uint64_t blocks = 10000;
  const ExponentialMeans means = exponential_means(d, blocks, unsigned_qr);
  const double sigma = exponential_sigma(d, blocks);
  caught_z(means.axis, kExponentialMean, sigma);
  caught_z(means.diagonal, kExponentialMean, sigma);
  CHECK(means.axis / kExponentialMean == Approx(0.958).margin(0.01));
  CHECK(means.diagonal / kExponentialMean == Approx(0.856).margin(0.01));
}

namespace {

/// Mean of w_i . w_(i+d) / sqrt(d) over rows of two neighbouring blocks: independent normals have
/// mean 0 and variance 1.
double between_blocks(Index d, std::uint64_t draws,
                      const std::function<Matrix<double>(Seed)>& draw) {
  double sum = 0.0;
  for (std::uint64_t seed = 0; seed < draws; ++seed) {
    const Matrix<double> w = draw({seed});
    for (Index i = 0; i < d; ++i) {
      for (Index j = 0; j < d; ++j) sum += w(i, j) * w(d + i, j);
    }
  }
  const auto dim = static_cast<double>(d);
  return sum / (static_cast<double>(draws) * dim * std::sqrt(dim));
}

}  // namespace

TEST_CASE("rows are orthogonal within a block and independent between blocks", "[blocks]") {
  const Index d = 8;
  const std::uint64_t draws = 200;
  const auto draw = [&](Seed seed) {
    return draw_frequencies(OrthogonalProjection{}, {d, 2 * d, SpectralMeasure{}, seed});
  };
  // The d products w_i . w'_i of a draw are uncorrelated: flipping row i changes no law.
  const double sigma = 1 / std::sqrt(static_cast<double>(draws * static_cast<std::uint64_t>(d)));
  check_z(between_blocks(d, draws, draw), 0.0, sigma);

  const auto reused = [&](Seed seed) {
    Matrix<double> w = draw(seed);
    std::copy_n(w.row(0), d * d, w.row(d));
    return w;
  };
  caught_z(between_blocks(d, draws, reused), 0.0, sigma);

  const Matrix<double> w = draw({0});
  for (Index block : {Index{0}, d}) {
    for (Index i = 0; i < d; ++i) {
      for (Index j = 0; j < i; ++j) {
        double dot = 0.0;
        for (Index k = 0; k < d; ++k) dot += w(block + i, k) * w(block + j, k);
        CHECK(std::fabs(dot) < 1e-13);
      }
    }
  }
}
