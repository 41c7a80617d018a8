// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/matrix.hpp>
#include <bochner/core/view.hpp>

#include <Eigen/Core>
#include <Eigen/SparseCore>

/// \file
/// Results as Eigen maps, and Gram matrices for Eigen's iterative solvers. The other direction
/// needs nothing: every dense Eigen object converts to a `MatrixView`. This is the only public
/// header that includes Eigen, and all of it is compiled by the caller, with the caller's flags: no
/// Eigen type crosses into the library.

namespace bochner {

/// What a map of `Matrix<T>` looks at.
template <class T>
using EigenRowMajor = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// The elements of `matrix`, which must outlive the map. O(1).
template <class T>
Eigen::Map<EigenRowMajor<T>> as_eigen(Matrix<T>& matrix) {
  return {matrix.data(), matrix.rows(), matrix.cols()};
}
template <class T>
Eigen::Map<const EigenRowMajor<T>> as_eigen(const Matrix<T>& matrix) {
  return {matrix.data(), matrix.rows(), matrix.cols()};
}
/// A temporary does not outlive its map: name the matrix first.
template <class T>
void as_eigen(const Matrix<T>&& matrix) = delete;

/// K + lambda I for Eigen's iterative solvers, K an `ExactGram` or a `GramApproximation`: a matrix
/// of which only products with a vector exist. Copies the handle, not the matrix.
///
///   Eigen::ConjugateGradient<bochner::EigenGram<Gram>, Eigen::Lower | Eigen::Upper,
///                            Eigen::IdentityPreconditioner> solver;
///   const bochner::EigenGram<Gram> k(gram, lambda);
///   solver.compute(k);
template <class Gram>
class EigenGram : public Eigen::EigenBase<EigenGram<Gram>> {
 public:
  using Scalar = double;
  using RealScalar = double;
  using StorageIndex = int;
  enum {
    ColsAtCompileTime = Eigen::Dynamic,
    MaxColsAtCompileTime = Eigen::Dynamic,
    IsRowMajor = false
  };

  EigenGram(const Gram& gram, double lambda) : gram_(gram), lambda_(lambda) {}

  Eigen::Index rows() const { return gram_.size(); }
  Eigen::Index cols() const { return gram_.size(); }
  template <class Rhs>
  Eigen::Product<EigenGram, Rhs, Eigen::AliasFreeProduct> operator*(
      const Eigen::MatrixBase<Rhs>& x) const {
    return {*this, x.derived()};
  }
  /// out += alpha (K + lambda I) x. Throws as the matrix's `multiply`.
  template <class Out>
  void add_product(Out& out, const Eigen::VectorXd& x, double alpha) const {
    Eigen::VectorXd product(x.size());
    gram_.multiply(MatrixView<const double>(x), MatrixView<double>(product));
    out += alpha * (product + lambda_ * x);
  }

 private:
  Gram gram_;
  double lambda_;
};

}  // namespace bochner

namespace Eigen::internal {

template <class Gram>
struct traits<bochner::EigenGram<Gram>> : traits<SparseMatrix<double>> {};

template <class Gram, class Rhs>
struct generic_product_impl<bochner::EigenGram<Gram>, Rhs, SparseShape, DenseShape, GemvProduct>
    : generic_product_impl_base<bochner::EigenGram<Gram>, Rhs,
                                generic_product_impl<bochner::EigenGram<Gram>, Rhs>> {
  template <class Out>
  static void scaleAndAddTo(Out& out, const bochner::EigenGram<Gram>& k, const Rhs& x,
                            const double& alpha) {
    k.add_product(out, x, alpha);
  }
};

}  // namespace Eigen::internal
