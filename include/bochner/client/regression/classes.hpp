// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/matrix.hpp>
#include <bochner/core/view.hpp>
#include <bochner/export.hpp>

#include <span>
#include <vector>

/// \file
/// Classes as targets: one-versus-rest least squares is ridge regression on these.

namespace bochner {

/// n x num_classes: 1 in the column of the row's class, -1 elsewhere. Throws InvalidArgument on a
/// label outside [0, num_classes) (naming the row), and when fewer than two classes occur.
template <Scalar T>
Matrix<T> class_targets(std::span<const Index> labels, Index num_classes);

/// The column of the largest entry of each row, the first of equals. Throws InvalidArgument when
/// there is no column, and on NaN (naming row and column).
template <Scalar T>
std::vector<Index> largest_output(MatrixView<const T> outputs);

extern template BOCHNER_EXPORT Matrix<float> class_targets(std::span<const Index>, Index);
extern template BOCHNER_EXPORT Matrix<double> class_targets(std::span<const Index>, Index);
extern template BOCHNER_EXPORT std::vector<Index> largest_output(MatrixView<const float>);
extern template BOCHNER_EXPORT std::vector<Index> largest_output(MatrixView<const double>);

}  // namespace bochner
