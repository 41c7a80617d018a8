// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/matrix.hpp>
#include <bochner/core/view.hpp>

#include <Eigen/Core>

/// \file
/// Results as Eigen maps. The other direction needs nothing: every dense Eigen object converts to a
/// `MatrixView`. This is the only public header that includes Eigen, and all of it is compiled by
/// the caller, with the caller's flags: no Eigen type crosses into the library.

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

}  // namespace bochner
