// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/gram/approximation.hpp>
#include <bochner/client/gram/exact.hpp>
#include <bochner/core/field.hpp>

#include <tuple>

/// \file
/// Linear systems with a Gram matrix plus a ridge.

namespace bochner {

/// M = K^ + lambda I, factored once: through the features (Woodbury's identity) when n >= D,
///   M^-1 = (I - Phi (Phi^T Phi + lambda I)^-1 Phi^T) / lambda,
/// as a dense matrix otherwise. O(n D r + r^3) operations and r^2 numbers, r = min(n, D).
///
/// A solution has a relative error of about the unit roundoff of T times |K^| / lambda; `solve`
/// below refines it.
template <Scalar T>
class ShiftedGram {
 public:
  /// Throws InvalidArgument unless lambda is finite and positive and large enough for M to be
  /// positive definite in double.
  ShiftedGram(const GramApproximation<T>& gram, double lambda, const Execution& execution = {});

  Index size() const noexcept;
  double lambda() const noexcept;

  /// out = M^-1 b for b and out n x k, which may be the same. O((n D + r^2) k). Throws
  /// InvalidArgument on other shapes, NaN, infinity and overflow.
  void solve(MatrixView<const double> b, MatrixView<double> out,
             const Execution& execution = {}) const;
  /// out = S b and out = S^T b for one square matrix S with S S^T = M^-1: S xi of standard normals
  /// xi has covariance M^-1, S^T of a vector with covariance M is white. Cost and errors as
  /// `solve`.
  void apply_inverse_root(MatrixView<const double> b, MatrixView<double> out,
                          const Execution& execution = {}) const;
  void apply_inverse_root_transposed(MatrixView<const double> b, MatrixView<double> out,
                                     const Execution& execution = {}) const;
  /// log det M. O(r).
  double log_determinant() const;

 private:
  enum class Inverse { whole, root, root_transposed };
  void apply(Inverse inverse, MatrixView<const double> b, MatrixView<double> out,
             const Execution& execution) const;

  struct Parts;
  std::shared_ptr<const Parts> parts_;
};

/// When to stop.
struct GramSolveOptions {
  double tolerance = 1e-8;  ///< on |b - (K + lambda I) x| / |b|, for every column
  Index max_iterations = 1000;

  static constexpr auto fields() {
    return std::tuple{Field{"tolerance", &GramSolveOptions::tolerance},
                      Field{"max_iterations", &GramSolveOptions::max_iterations}};
  }
};

/// How a solve ended.
struct GramSolveReport {
  bool converged = false;
  Index iterations = 0;   ///< products with K
  double residual = 0.0;  ///< the largest |b - (K + lambda I) x| / |b| over columns

  static constexpr auto fields() {
    return std::tuple{Field{"converged", &GramSolveReport::converged},
                      Field{"iterations", &GramSolveReport::iterations},
                      Field{"residual", &GramSolveReport::residual}};
  }
};

/// x = (K + lambda I)^-1 b by conjugate gradients, K never formed, with the approximation's M^-1 as
/// preconditioner: lambda is its own. Where K^ is spectrally close to K, few iterations suffice
/// [Avron17]. O(n^2 (d + k)) per iteration, 5 n k numbers. Throws InvalidArgument on shapes that do
/// not match, NaN and infinity.
template <Scalar T>
GramSolveReport solve(const ExactGram& gram, const ShiftedGram<T>& preconditioner,
                      MatrixView<const double> b, MatrixView<double> x,
                      const GramSolveOptions& options = {}, const Execution& execution = {});

/// The same for an approximate matrix: of many features, preconditioned by one of few.
template <Scalar T>
GramSolveReport solve(const GramApproximation<T>& gram, const ShiftedGram<T>& preconditioner,
                      MatrixView<const double> b, MatrixView<double> x,
                      const GramSolveOptions& options = {}, const Execution& execution = {});

/// K^ ~ U diag(values) U^T.
struct GramEigenpairs {
  std::vector<double> values;  ///< descending, all positive
  Matrix<double> vectors;      ///< U, n x values.size(), orthonormal columns
};

/// The `count` largest eigenvalues of K^, or as many as are above the rounding errors of the
/// largest, with their eigenvectors. O(n D r + r^3), r = min(n, D): for r up to a few thousand.
/// Throws InvalidArgument when count < 1.
template <Scalar T>
GramEigenpairs eigenpairs(const GramApproximation<T>& gram, Index count,
                          const Execution& execution = {});

extern template class BOCHNER_EXPORT ShiftedGram<float>;
extern template class BOCHNER_EXPORT ShiftedGram<double>;
extern template BOCHNER_EXPORT GramSolveReport solve(const ExactGram&, const ShiftedGram<float>&,
                                                     MatrixView<const double>, MatrixView<double>,
                                                     const GramSolveOptions&, const Execution&);
extern template BOCHNER_EXPORT GramSolveReport solve(const ExactGram&, const ShiftedGram<double>&,
                                                     MatrixView<const double>, MatrixView<double>,
                                                     const GramSolveOptions&, const Execution&);
extern template BOCHNER_EXPORT GramSolveReport solve(const GramApproximation<float>&,
                                                     const ShiftedGram<float>&,
                                                     MatrixView<const double>, MatrixView<double>,
                                                     const GramSolveOptions&, const Execution&);
extern template BOCHNER_EXPORT GramSolveReport solve(const GramApproximation<double>&,
                                                     const ShiftedGram<double>&,
                                                     MatrixView<const double>, MatrixView<double>,
                                                     const GramSolveOptions&, const Execution&);
extern template BOCHNER_EXPORT GramEigenpairs eigenpairs(const GramApproximation<float>&, Index,
                                                         const Execution&);
extern template BOCHNER_EXPORT GramEigenpairs eigenpairs(const GramApproximation<double>&, Index,
                                                         const Execution&);

}  // namespace bochner
