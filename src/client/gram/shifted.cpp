// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram/shifted.hpp"

#include "client/gram/checks.hpp"
#include "client/gram/feature_products.hpp"
#include "core/text.hpp"
#include "linalg/cholesky.hpp"
#include "linalg/conjugate_gradients.hpp"
#include "linalg/copy.hpp"
#include "linalg/symmetric_eigen.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace bochner {

using namespace gram;

namespace {

/// b in rows padded to whole panels.
Matrix<double> padded_copy(MatrixView<const double> b) {
  Matrix<double> padded(b.rows, simd::padded<double>(b.cols));
  linalg::copy(b, padded.view().middle_cols(0, b.cols));
  return padded;
}

/// 2^(2 max a), the unit of `feature_moments`, as an exponent.
template <Scalar T>
int unit_of(const GramApproximation<T>& gram) {
  return 2 * gram.features().max_exponent();
}

/// Whether what a factorisation left of a diagonal is more than its rounding errors.
bool is_definite(MatrixView<const double> factor, double largest) {
  const double rounding =
      static_cast<double>(factor.rows) * std::numeric_limits<double>::epsilon() * largest;
  for (Index i = 0; i < factor.rows; ++i) {
    if (!(factor(i, i) * factor(i, i) > rounding)) return false;
  }
  return true;
}

template <Scalar T>
bool through_features(const GramApproximation<T>& gram) {
  return gram.num_features() <= gram.size();
}

}  // namespace

template <Scalar T>
struct ShiftedGram<T>::Parts {
  GramApproximation<T> gram;
  double lambda;
  Matrix<double> factor;  ///< R^T R = Phi^T Phi + lambda I in units of 2^unit, or = M
};

template <Scalar T>
ShiftedGram<T>::ShiftedGram(const GramApproximation<T>& gram, double lambda,
                            const Execution& execution) {
  constexpr Door kDoor("ShiftedGram");
  kDoor.positive("lambda", lambda);
  const bool narrow = through_features(gram);
  Matrix<double> a =
      narrow ? feature_moments(gram.features(), execution) : padded_copy(gram.to_dense(execution));
  const double shift = narrow ? std::ldexp(lambda, -unit_of(gram)) : lambda;
  double largest = 0.0;
  for (Index i = 0; i < a.rows(); ++i) largest = std::max(largest, a(i, i) += shift);
  const MatrixView<double> factor = a.view().middle_cols(0, a.rows());
  if (linalg::cholesky(factor, execution) || !is_definite(factor, largest)) {
    kDoor.refuse("lambda is " + text::number(lambda) +
                 ", too small beside the rounding errors of K^");
  }
  parts_ = std::make_shared<const Parts>(Parts{gram, lambda, std::move(a)});
}

template <Scalar T>
Index ShiftedGram<T>::size() const noexcept {
  return parts_->gram.size();
}

template <Scalar T>
double ShiftedGram<T>::lambda() const noexcept {
  return parts_->lambda;
}

// Through the features, in their unit: with R^T R = G + l I and P = R + sqrt(l) I,
//   S = (I - Phi R^-1 P^-T Phi^T) / sqrt(l),  S S^T = (I - Phi (G + l I)^-1 Phi^T) / l,
// because X + X^T - X G X^T = R^-1 R^-T for X = R^-1 P^-T.
template <Scalar T>
void ShiftedGram<T>::apply(Inverse inverse, MatrixView<const double> b, MatrixView<double> out,
                           const Execution& execution) const {
  constexpr Door kDoors[] = {Door("ShiftedGram::solve"), Door("ShiftedGram::apply_inverse_root"),
                             Door("ShiftedGram::apply_inverse_root_transposed")};
  const Door& door = kDoors[static_cast<std::size_t>(inverse)];
  door.rows("b", b, size(), "rows of the matrix")
      .shape("out", out, size(), b.cols, "rows of the matrix, columns of b")
      .finite("b", b);
  const GramApproximation<T>& gram = parts_->gram;
  const MatrixView<const double> r = parts_->factor.view().middle_cols(0, parts_->factor.rows());
  if (!through_features(gram)) {
    Matrix<double> x = padded_copy(b);
    const auto columns = x.view().middle_cols(0, b.cols);
    if (inverse != Inverse::root) linalg::solve_transposed(r, columns, execution);
    if (inverse != Inverse::root_transposed) linalg::solve_upper(r, columns, execution);
    linalg::copy(columns, out);
    return;
  }
  ScaledColumns s = transposed_product(gram.features(), b, execution);
  Matrix<double> theta = padded_copy(s.values);
  const auto columns = theta.view().middle_cols(0, b.cols);
  if (inverse == Inverse::whole) {
    linalg::solve_transposed(r, columns, execution);
    linalg::solve_upper(r, columns, execution);
  } else {
    Matrix<double> p = parts_->factor;
    const double root = std::sqrt(std::ldexp(lambda(), -unit_of(gram)));
    for (Index j = 0; j < p.rows(); ++j) p(j, j) += root;
    const MatrixView<const double> shifted = p.view().middle_cols(0, p.rows());
    if (inverse == Inverse::root) {
      linalg::solve_transposed(shifted, columns, execution);
      linalg::solve_upper(r, columns, execution);
    } else {
      linalg::solve_transposed(r, columns, execution);
      linalg::solve_upper(shifted, columns, execution);
    }
  }
  linalg::copy(columns, s.values.view());
  for (std::int64_t& exponent : s.exponent) exponent -= unit_of(gram);
  Matrix<double> explained(size(), b.cols);
  product(door, gram.features(), s, explained.view(), execution);
  const double scale = inverse == Inverse::whole ? lambda() : std::sqrt(lambda());
  for (Index i = 0; i < size(); ++i) {
    for (Index c = 0; c < b.cols; ++c) out(i, c) = (b(i, c) - explained(i, c)) / scale;
  }
}

template <Scalar T>
void ShiftedGram<T>::solve(MatrixView<const double> b, MatrixView<double> out,
                           const Execution& execution) const {
  apply(Inverse::whole, b, out, execution);
}

template <Scalar T>
void ShiftedGram<T>::apply_inverse_root(MatrixView<const double> b, MatrixView<double> out,
                                        const Execution& execution) const {
  apply(Inverse::root, b, out, execution);
}

template <Scalar T>
void ShiftedGram<T>::apply_inverse_root_transposed(MatrixView<const double> b,
                                                   MatrixView<double> out,
                                                   const Execution& execution) const {
  apply(Inverse::root_transposed, b, out, execution);
}

template <Scalar T>
double ShiftedGram<T>::log_determinant() const {
  const Matrix<double>& factor = parts_->factor;
  const Index order = factor.rows();
  const double log_det = linalg::log_determinant(factor.view().middle_cols(0, order));
  if (!through_features(parts_->gram)) return log_det;
  return log_det + static_cast<double>(size() - order) * std::log(lambda()) +
         static_cast<double>(order) * unit_of(parts_->gram) * std::numbers::ln2;
}

namespace {

template <class Gram, Scalar T>
GramSolveReport solve_by_gradients(const Gram& gram, const ShiftedGram<T>& preconditioner,
                                   MatrixView<const double> b, MatrixView<double> x,
                                   const GramSolveOptions& options, const Execution& execution) {
  constexpr Door kDoor("solve");
  const Index n = gram.size();
  kDoor.rows("b", b, n, "rows of the matrix")
      .shape("x", x, n, b.cols, "rows of the matrix, columns of b")
      .at_least("max_iterations", options.max_iterations, 0)
      .positive("tolerance", options.tolerance)
      .finite("b", b);
  require_size(kDoor, "the preconditioner", preconditioner.size(), n, "those of the matrix");
  const auto apply = [&](MatrixView<const double> from, MatrixView<double> to) {
    gram.multiply(from, to, execution);
    for (Index i = 0; i < n; ++i) {
      for (Index c = 0; c < from.cols; ++c) to(i, c) += preconditioner.lambda() * from(i, c);
    }
  };
  const auto precondition = [&](MatrixView<const double> from, MatrixView<double> to) {
    preconditioner.solve(from, to, execution);
  };
  Matrix<double> solution(n, b.cols);
  const linalg::ConjugateGradientsReport report = linalg::conjugate_gradients(
      apply, precondition, b, solution,
      {.tolerance = options.tolerance, .max_iterations = options.max_iterations});
  linalg::copy(solution, x);
  return {report.outcome == linalg::ConjugateGradientsOutcome::converged, report.iterations,
          report.residual};
}

}  // namespace

template <Scalar T>
GramSolveReport solve(const ExactGram& gram, const ShiftedGram<T>& preconditioner,
                      MatrixView<const double> b, MatrixView<double> x,
                      const GramSolveOptions& options, const Execution& execution) {
  return solve_by_gradients(gram, preconditioner, b, x, options, execution);
}

template <Scalar T>
GramSolveReport solve(const GramApproximation<T>& gram, const ShiftedGram<T>& preconditioner,
                      MatrixView<const double> b, MatrixView<double> x,
                      const GramSolveOptions& options, const Execution& execution) {
  return solve_by_gradients(gram, preconditioner, b, x, options, execution);
}

template <Scalar T>
GramEigenpairs eigenpairs(const GramApproximation<T>& gram, Index count,
                          const Execution& execution) {
  constexpr Door kDoor("eigenpairs");
  kDoor.at_least("count", count, 1);
  const bool narrow = through_features(gram);
  const Matrix<double> a =
      narrow ? feature_moments(gram.features(), execution) : gram.to_dense(execution);
  const auto decomposition = linalg::symmetric_eigen(a.view().middle_cols(0, a.rows()));
  if (!decomposition) kDoor.refuse("the features overflow; scale them down");
  const std::vector<double>& values = decomposition->values;
  const double floor =
      values.back() * static_cast<double>(a.rows()) * std::numeric_limits<T>::epsilon();
  Index kept = 0;
  while (kept < std::min(count, a.rows()) &&
         values[values.size() - 1 - static_cast<std::size_t>(kept)] > floor) {
    ++kept;
  }
  GramEigenpairs pairs;
  // Phi' v / sqrt(value), Phi' in the unit of the moments.
  ScaledColumns v{Matrix<double>(a.rows(), kept),
                  std::vector<std::int64_t>(static_cast<std::size_t>(kept),
                                            narrow ? -gram.features().max_exponent() : 0)};
  for (Index k = 0; k < kept; ++k) {
    const Index from = a.rows() - 1 - k;
    const double value = values[static_cast<std::size_t>(from)];
    pairs.values.push_back(narrow ? std::ldexp(value, unit_of(gram)) : value);
    for (Index j = 0; j < a.rows(); ++j) {
      v.values(j, k) = decomposition->vectors(j, from) / (narrow ? std::sqrt(value) : 1.0);
    }
  }
  if (!narrow) {
    pairs.vectors = std::move(v.values);
  } else {
    pairs.vectors = Matrix<double>(gram.size(), kept);
    product(kDoor, gram.features(), v, pairs.vectors.view(), execution);
  }
  return pairs;
}

template class ShiftedGram<float>;
template class ShiftedGram<double>;
template GramSolveReport solve(const ExactGram&, const ShiftedGram<float>&,
                               MatrixView<const double>, MatrixView<double>,
                               const GramSolveOptions&, const Execution&);
template GramSolveReport solve(const ExactGram&, const ShiftedGram<double>&,
                               MatrixView<const double>, MatrixView<double>,
                               const GramSolveOptions&, const Execution&);
template GramSolveReport solve(const GramApproximation<float>&, const ShiftedGram<float>&,
                               MatrixView<const double>, MatrixView<double>,
                               const GramSolveOptions&, const Execution&);
template GramSolveReport solve(const GramApproximation<double>&, const ShiftedGram<double>&,
                               MatrixView<const double>, MatrixView<double>,
                               const GramSolveOptions&, const Execution&);
template GramEigenpairs eigenpairs(const GramApproximation<float>&, Index, const Execution&);
template GramEigenpairs eigenpairs(const GramApproximation<double>&, Index, const Execution&);

}  // namespace bochner
