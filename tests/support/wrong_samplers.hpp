// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "bochner/random/stream.hpp"
#include "linalg/orthonormal.hpp"

#include <cmath>
#include <cstdint>
#include <utility>

/// \file
/// Samplers with the mistakes that public code makes. Each draws m x d frequencies for a seed; the
/// test suite must tell every one from the real thing.

namespace bochner::testing {

inline Matrix<double> gaussian_rows(Seed seed, Index rows, Index cols, std::uint64_t first = 0) {
  Matrix<double> g(rows, cols);
  for (Index i = 0; i < rows; ++i) {
    Stream(seed, Purpose::directions, first + static_cast<std::uint64_t>(i))
        .normals(0, {g.row(i), static_cast<std::size_t>(cols)});
  }
  return g;
}

inline void scale_rows(Matrix<double>& w, const auto& radius) {
  for (Index i = 0; i < w.rows(); ++i) {
    const double r = radius(i);
    for (Index k = 0; k < w.cols(); ++k) w(i, k) *= r;
  }
}

inline auto chi_radii(Seed seed, Index degrees) {
  return [=](Index i) {
    return Stream(seed, Purpose::radii, static_cast<std::uint64_t>(i)).chi(degrees);
  };
}

/// Rows of Q from a textbook Householder QR, as LAPACK returns it: its diagonal of R has the sign
/// opposite to the entry it replaces, so Q is orthogonal and not Haar-distributed.
inline Matrix<double> unsigned_qr_rows(Matrix<double> g) {
  const Index d = g.cols();
  Matrix<double> q(d, d);
  for (Index i = 0; i < d; ++i) q(i, i) = 1.0;
  // g holds the columns of the matrix to factor as rows; reflectors act on them from the right.
  for (Index j = 0; j + 1 < d; ++j) {
    double norm = 0.0;
    for (Index k = j; k < d; ++k) norm += g(j, k) * g(j, k);
    norm = std::sqrt(norm);
    const double beta = g(j, j) > 0.0 ? -norm : norm;
    Matrix<double> v(1, d);
    for (Index k = j; k < d; ++k) v(0, k) = g(j, k);
    v(0, j) -= beta;
    double square = 0.0;
    for (Index k = j; k < d; ++k) square += v(0, k) * v(0, k);
    if (square == 0.0) continue;
    const auto reflect = [&](Matrix<double>& rows) {
      for (Index i = 0; i < d; ++i) {
        double product = 0.0;
        for (Index k = j; k < d; ++k) product += rows(i, k) * v(0, k);
        for (Index k = j; k < d; ++k) rows(i, k) -= 2.0 * product / square * v(0, k);
      }
    };
    reflect(g);
    reflect(q);
  }
  // Q = H_1 ... H_d; its columns, as rows, are those of the transpose of what `q` has become.
  Matrix<double> rows(d, d);
  for (Index i = 0; i < d; ++i) {
    for (Index k = 0; k < d; ++k) rows(i, k) = q(k, i);
  }
  return rows;
}

/// One block without the sign correction, chi(d) norms.
inline Matrix<double> unsigned_block(Seed seed, Index d) {
  Matrix<double> w = unsigned_qr_rows(gaussian_rows(seed, d, d));
  scale_rows(w, chi_radii(seed, d));
  return w;
}

/// One Haar block with the norms of another dimension.
inline Matrix<double> block_with_chi(Seed seed, Index d, Index degrees) {
  Matrix<double> w = gaussian_rows(seed, d, d);
  linalg::orthonormal_rows(w.view());
  scale_rows(w, chi_radii(seed, degrees));
  return w;
}

/// One Haar block with norms sqrt(d).
inline Matrix<double> block_with_constant_radii(Seed seed, Index d) {
  Matrix<double> w = gaussian_rows(seed, d, d);
  linalg::orthonormal_rows(w.view());
  scale_rows(w, [d](Index) { return std::sqrt(static_cast<double>(d)); });
  return w;
}

/// Two blocks, the second a copy of the first.
inline Matrix<double> reused_block(Seed seed, Index d) {
  const Matrix<double> block = block_with_chi(seed, d, d);
  Matrix<double> w(2 * d, d);
  for (Index i = 0; i < w.rows(); ++i) {
    for (Index k = 0; k < d; ++k) w(i, k) = block(i % d, k);
  }
  return w;
}

/// The first m points of the Halton sequence, not scrambled, as normals: the same for every seed.
inline Matrix<double> unscrambled_points(Index m, Index d) {
  constexpr Index kPrimes[] = {2, 3, 5, 7, 11, 13, 17, 19};
  const auto radical_inverse = [](Index base, Index n) {
    double inverse = 0.0;
    for (double digit = 1.0 / static_cast<double>(base); n > 0; n /= base) {
      inverse += static_cast<double>(n % base) * digit;
      digit /= static_cast<double>(base);
    }
    return inverse;
  };
  const auto normal_quantile = [](double p) {  // by bisection: plain and exact enough
    double low = -10.0;
    double high = 10.0;
    for (int step = 0; step < 60; ++step) {
      const double middle = 0.5 * (low + high);
      (0.5 * std::erfc(-middle / std::sqrt(2.0)) < p ? low : high) = middle;
    }
    return low;
  };
  Matrix<double> w(m, d);
  for (Index i = 0; i < m; ++i) {
    for (Index k = 0; k < d; ++k) w(i, k) = normal_quantile(radical_inverse(kPrimes[k], i + 1));
  }
  return w;
}

}  // namespace bochner::testing
