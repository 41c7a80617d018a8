// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/matrix.hpp>
#include <bochner/random/stream.hpp>

#include "simd/engine.hpp"

#include <cmath>

namespace bochner {

/// n x cols normal numbers, rows padded to whole panels.
inline Matrix<double> normal_block(Index rows, Index cols, std::uint64_t seed) {
  Matrix<double> x(rows, simd::padded<double>(cols));
  const Stream stream(Seed{seed}, Purpose::study);
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < cols; ++j) {
      x(i, j) = stream.normal(static_cast<std::uint64_t>(i * cols + j));
    }
  }
  return x;
}

/// Lower triangle of G G^T / n + shift I, NaN above the diagonal.
inline Matrix<double> positive_definite(Index n, double shift, std::uint64_t seed) {
  const Matrix<double> g = normal_block(n, n, seed);
  Matrix<double> a(n, simd::padded<double>(n));
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j < n; ++j) {
      double sum = i == j ? shift : 0.0;
      for (Index k = 0; k < n; ++k) sum += g(i, k) * g(j, k) / static_cast<double>(n);
      a(i, j) = j <= i ? sum : std::nan("");
    }
  }
  return a;
}

/// Entry of the symmetric matrix of which `a` holds the lower triangle.
inline double symmetric(const Matrix<double>& a, Index i, Index j) {
  return i >= j ? a(i, j) : a(j, i);
}

}  // namespace bochner
