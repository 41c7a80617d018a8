// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"

#include <optional>
#include <span>

/// \file
/// Symmetric band matrices, factored at many shifts.

namespace bochner::linalg {

/// A symmetric matrix whose entries vanish beyond `width` diagonals below the main one.
class SymmetricBand {
 public:
  SymmetricBand(Index n, Index width) : width_(width), rows_(n, width + 1) {}

  Index size() const noexcept { return rows_.rows(); }
  Index width() const noexcept { return width_; }
  /// Entry (i, j), i - width <= j <= i. Entries left of column 0 are there, and zero.
  double& operator()(Index i, Index j) noexcept { return rows_(i, j - i + width_); }
  double operator()(Index i, Index j) const noexcept { return rows_(i, j - i + width_); }
  /// Entries (i, i - width), ..., (i, i).
  const double* row(Index i) const noexcept { return rows_.row(i); }

 private:
  Index width_;
  Matrix<double> rows_;
};

/// B + shift I = L L^T. n width^2 operations.
class BandCholesky {
 public:
  /// Nothing when a pivot is not finite or not above `least_pivot` >= 0.
  static std::optional<BandCholesky> factor(const SymmetricBand& b, double shift,
                                            double least_pivot = 0.0);

  /// x <- (B + shift I)^-1 x. 4 n width operations.
  void solve(std::span<double> x) const;
  double log_determinant() const;
  /// tr (B + shift I)^-1, from the entries of the inverse inside the band [Takahashi73]. 2 n
  /// width^2 operations.
  double trace_of_inverse() const;

 private:
  explicit BandCholesky(SymmetricBand l) : l_(std::move(l)) {}

  SymmetricBand l_;
};

}  // namespace bochner::linalg
