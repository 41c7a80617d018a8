// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/execution.hpp"
#include "bochner/core/matrix.hpp"
#include "bochner/kernel/kernel.hpp"
#include "linalg/twice.hpp"
#include "simd/engine.hpp"

#include <span>
#include <vector>

/// \file
/// Rows as an exact kernel sees them.

namespace bochner::gram {

/// The rows A x of the kernel's standard form, in double and in the engine's layout, with their
/// squared norms. These come from the same chain of operations as any other inner product, so that
/// equal rows have kernel exactly k(x, x). What rounding takes from A x is kept beside it: the
/// differences of rows far from the origin, and the products of nearly orthogonal ones, may be no
/// larger.
class KernelRows {
 public:
  /// Throws InvalidArgument when the kernel's options are not valid for x.cols coordinates.
  template <Scalar T>
  KernelRows(const Kernel& kernel, MatrixView<const T> x, const Execution& execution = {});

  /// Those rows of `from`.
  KernelRows(const KernelRows& from, std::span<const Index> which);

  Index size() const noexcept { return rows_.rows(); }
  Index dim() const noexcept { return dim_; }
  Index ld() const noexcept { return rows_.cols(); }
  const double* row(Index i) const noexcept { return rows_.row(i); }
  /// Row i in twice the precision.
  linalg::TwiceVector precise_row(Index i) const noexcept { return {rows_.row(i), low_.row(i)}; }
  const double* squared_norms() const noexcept { return squared_norms_.data(); }
  /// size() x dim().
  MatrixView<const double> view() const noexcept { return rows_.view().middle_cols(0, dim_); }

 private:
  Index dim_;
  Matrix<double> rows_;
  Matrix<double> low_;
  std::vector<double> squared_norms_;
};

}  // namespace bochner::gram
