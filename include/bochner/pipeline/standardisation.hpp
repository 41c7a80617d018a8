// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/view.hpp>
#include <bochner/export.hpp>

#include <vector>

/// \file
/// How the columns of a file become inputs of a model.

namespace bochner::pipeline {

/// x' = (x - centre) / scale, one of each per column.
struct Standardisation {
  std::vector<double> centre;
  std::vector<double> scale;  ///< positive

  /// In double, then rounded to T. Throws InvalidArgument on shapes that do not match and for a
  /// number that T cannot hold, naming row and column; rows count from `first_row`.
  template <Scalar T>
  void apply(MatrixView<const double> rows, MatrixView<T> out, Index first_row = 0) const;
};

extern template BOCHNER_EXPORT void Standardisation::apply(MatrixView<const double>,
                                                           MatrixView<float>, Index) const;
extern template BOCHNER_EXPORT void Standardisation::apply(MatrixView<const double>,
                                                           MatrixView<double>, Index) const;

}  // namespace bochner::pipeline
