// SPDX-License-Identifier: Apache-2.0
#include "linalg/orthonormal.hpp"

#include "bochner/core/matrix.hpp"
#include "bochner/random/stream.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

using bochner::Execution;
using bochner::Index;
using bochner::Matrix;
using bochner::MatrixView;
using bochner::linalg::orthonormal_rows;

namespace {

Matrix<double> gaussian_rows(Index r, Index d) {
  Matrix<double> g(r, d);
  for (Index i = 0; i < r; ++i) {
    bochner::Stream({1}, bochner::Purpose::directions, static_cast<std::uint64_t>(i))
        .normals(0, {g.row(i), static_cast<std::size_t>(d)});
  }
  return g;
}

double dot(const Matrix<double>& a, Index i, const Matrix<double>& b, Index j) {
  double sum = 0.0;
  for (Index k = 0; k < a.cols(); ++k) sum += a(i, k) * b(j, k);
  return sum;
}

/// max |Q Q^T - I|
double defect(const Matrix<double>& q) {
  double worst = 0.0;
  for (Index i = 0; i < q.rows(); ++i) {
    for (Index j = 0; j <= i; ++j) {
      worst = std::max(worst, std::fabs(dot(q, i, q, j) - (i == j ? 1.0 : 0.0)));
    }
  }
  return worst;
}

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

}  // namespace

TEST_CASE("rows are orthonormal", "[orthonormal]") {
  for (const Index d : {1, 2, 3, 31, 32, 33, 64, 100, 257}) {
    for (const Index r : {Index{1}, (d + 1) / 2, d}) {
      Matrix<double> q = gaussian_rows(r, d);
      orthonormal_rows(q);
      INFO("r " << r << ", d " << d);
      CHECK(defect(q) < 30 * kEpsilon * std::sqrt(static_cast<double>(d)));
    }
  }
}

TEST_CASE("G = L Q with a positive diagonal: the condition that makes Q Haar", "[orthonormal]") {
  for (const Index d : {1, 2, 5, 40, 100}) {
    const Matrix<double> g = gaussian_rows(d, d);
    Matrix<double> q = g;
    orthonormal_rows(q);
    double above = 0.0;
    for (Index i = 0; i < d; ++i) {
      CHECK(dot(g, i, q, i) > 0.0);
      for (Index j = i + 1; j < d; ++j) above = std::max(above, std::fabs(dot(g, i, q, j)));
    }
    CHECK(above < 30 * kEpsilon * static_cast<double>(d));
  }
}

TEST_CASE("a truncated draw is a prefix of the full one, to the bit", "[orthonormal]") {
  for (const Index d : {3, 33, 64, 100}) {
    Matrix<double> full = gaussian_rows(d, d);
    orthonormal_rows(full);
    for (Index r = 0; r < d; ++r) {
      Matrix<double> part = gaussian_rows(r, d);
      orthonormal_rows(part);
      if (!std::equal(part.data(), part.data() + part.size(), full.data())) {
        FAIL("r " << r << ", d " << d);
      }
    }
  }
}

TEST_CASE("threads and row strides change no bit", "[orthonormal]") {
  const Index d = 300;  // large enough to be shared between threads
  Matrix<double> expected = gaussian_rows(d, d);
  orthonormal_rows(expected, Execution{1});
  for (const int threads : {2, 3, 7}) {
    Matrix<double> wide(d, d + 5);
    const MatrixView<double> q = wide.view().middle_cols(2, d);
    const Matrix<double> g = gaussian_rows(d, d);
    for (Index i = 0; i < d; ++i) std::copy_n(g.row(i), d, q.row(i));
    orthonormal_rows(q, Execution{threads});
    bool same = true;
    for (Index i = 0; i < d; ++i) same &= std::equal(q.row(i), q.row(i) + d, expected.row(i));
    CHECK(same);
    CHECK(wide(0, 1) == 0.0);
    CHECK(wide(d - 1, d + 2) == 0.0);
  }
}

TEST_CASE("dependent rows still give orthonormal ones", "[orthonormal]") {
  Matrix<double> zero(3, 3);
  orthonormal_rows(zero);
  CHECK(defect(zero) == 0.0);

  Matrix<double> repeated = gaussian_rows(40, 50);
  for (Index i = 1; i < 40; ++i) std::copy_n(repeated.row(0), 50, repeated.row(i));
  orthonormal_rows(repeated);
  CHECK(defect(repeated) < 30 * kEpsilon * 50);
}
