// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/execution.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/core/view.hpp>
#include <bochner/export.hpp>
#include <bochner/kernel/kernel.hpp>

#include <memory>
#include <span>
#include <vector>

/// \file
/// The exact Gram matrix as an operator.

namespace bochner {

/// K_ij = k(x_i, x_j), computed tile by tile whenever it is needed and never stored: 3 n d numbers
/// of memory, whatever the product. Entries and products are in double; results have the same bits
/// for any number of threads. Immutable, cheap to copy, safe to share between threads.
///
/// ```cpp
/// Matrix<double> x(1000, 3);
/// Stream({1}, Purpose::study).normals(0, {x.data(), 3000});
/// const ExactGram gram(GaussianKernel{}, x);
/// const std::vector<double> ones(1000, 1.0);
/// std::vector<double> row_sums(1000);
/// gram.multiply(ones, row_sums);  // K 1 without K
/// ```
class BOCHNER_EXPORT ExactGram {
 public:
  /// Copies x (n x d, n >= 1). Throws InvalidArgument when the kernel's options are not valid for d
  /// coordinates, when x is empty, and on NaN or infinity (naming row and column).
  ExactGram(const Kernel& kernel, MatrixView<const double> x, const Execution& execution = {});
  ExactGram(const Kernel& kernel, MatrixView<const float> x, const Execution& execution = {});

  Index size() const noexcept;  ///< n
  const Kernel& kernel() const noexcept;

  /// out = K b for b and out n x k, which may be the same. O(n^2 (d + k)). Throws InvalidArgument
  /// on other shapes, NaN or infinity, and when an entry of K or of the product overflows.
  void multiply(MatrixView<const double> b, MatrixView<double> out,
                const Execution& execution = {}) const;
  /// The same for one vector.
  void multiply(std::span<const double> b, std::span<double> out,
                const Execution& execution = {}) const;

  /// K_ij; O(d). Throws InvalidArgument unless 0 <= i, j < n, and when it overflows.
  double entry(Index i, Index j) const;
  /// k(x_i, x_i) for all i. Throws InvalidArgument when one overflows.
  std::vector<double> diagonal() const;
  double trace() const;
  /// out_r = row which[r] of K, for out r x n. O(r n d). Throws InvalidArgument on other shapes, an
  /// index outside [0, n) and overflow.
  void rows(std::span<const Index> which, MatrixView<double> out,
            const Execution& execution = {}) const;
  /// All n x n entries. Throws as `rows`.
  Matrix<double> to_dense(const Execution& execution = {}) const;

 private:
  struct Parts;
  std::shared_ptr<const Parts> parts_;
};

}  // namespace bochner
