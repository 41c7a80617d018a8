// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/execution.hpp"
#include "bochner/core/matrix.hpp"
#include "linalg/band.hpp"

#include <vector>

/// \file
/// Orthogonal reduction of a symmetric matrix to a band.

namespace bochner::linalg {

/// A = Q B Q^T with B of a narrow band. Then (A + s I)^-1 = Q (B + s I)^-1 Q^T for every shift s:
/// after one reduction, 4 n^3 / 3 operations of which nearly all are products of matrices, a solve
/// costs n^2, determinants and traces n. (An eigendecomposition would give the same at ten times
/// the cost, bound by memory.) The same bits for any number of threads.
///
/// Panels of columns are brought to upper triangles below the band by Householder reflections in
/// compact form, Q_k = I - V T V^T [Schreiber89]; the rest becomes S - V W^T - W V^T.
class BandReduction {
 public:
  /// Takes the lower triangle of `a`, row-major, row stride a multiple of `simd::kPanel<double>`,
  /// and its memory: the reflections stay there.
  BandReduction(Matrix<double> a, Index n, const Execution& execution = {});

  const SymmetricBand& band() const noexcept { return band_; }
  /// c <- Q^T c, for c of n rows, padded to whole panels.
  void apply_transposed(MatrixView<double> c, const Execution& execution = {}) const;
  /// c <- Q c.
  void apply(MatrixView<double> c, const Execution& execution = {}) const;

 private:
  struct Panel {
    Index first;       ///< its column
    Matrix<double> t;  ///< T
  };

  /// V of a panel: rows from first + width on.
  MatrixView<const double> reflectors(const Panel& panel) const;
  void apply_panel(const Panel& panel, MatrixView<const double> t, MatrixView<double> c,
                   const Execution& execution) const;

  Matrix<double> a_;
  SymmetricBand band_;
  std::vector<Panel> panels_;
};

}  // namespace bochner::linalg
