// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

/// \file
/// Non-owning strided views: the only shape in which arrays cross the library's boundary.

namespace bochner {

/// Signed 64-bit extent, stride or position.
using Index = std::ptrdiff_t;

/// The two scalars every map and client is compiled for.
template <class T>
concept Scalar = std::same_as<T, float> || std::same_as<T, double>;

/// The scalar of a computation that is chosen at run time.
enum class Arithmetic { single_precision, double_precision };
constexpr std::array<std::string_view, 2> names_of(Arithmetic) {
  return {"single-precision", "double-precision"};
}

/// A dense matrix-like object: `data()`, `rows()`, `cols()` and element strides, as every Eigen
/// `Matrix`, `Array`, `Map`, `Ref` and `Block` of either storage order has.
template <class M, class T>
concept StridedMatrix = requires(M& m) {
  { m.data() } -> std::convertible_to<T*>;
  { m.rows() } -> std::convertible_to<Index>;
  { m.cols() } -> std::convertible_to<Index>;
  { m.rowStride() } -> std::convertible_to<Index>;
  { m.colStride() } -> std::convertible_to<Index>;
};

/// A view of `rows x cols` elements; element (i, j) is `data[i * row_stride + j * col_stride]`.
/// Strides count elements and may be zero or negative. A view neither owns nor checks.
template <class T>
struct MatrixView {
  T* data = nullptr;
  Index rows = 0;
  Index cols = 0;
  Index row_stride = 0;
  Index col_stride = 1;

  constexpr MatrixView() = default;
  constexpr MatrixView(T* elements, Index row_count, Index col_count, Index row_step,
                       Index col_step)
      : data(elements),
        rows(row_count),
        cols(col_count),
        row_stride(row_step),
        col_stride(col_step) {}
  /// Row-major and contiguous.
  constexpr MatrixView(T* elements, Index row_count, Index col_count)
      : MatrixView(elements, row_count, col_count, col_count, 1) {}

  /// From a view of mutable elements.
  template <class U>
  requires(std::is_const_v<T>&& std::same_as<U, std::remove_const_t<T>>) constexpr MatrixView(
      const MatrixView<U>& other)
      : MatrixView(other.data, other.rows, other.cols, other.row_stride, other.col_stride) {}

  /// From anything dense with strides (an Eigen matrix, map, ref or block of either order).
  template <class M>
  requires StridedMatrix<M, T>
  constexpr MatrixView(M&& m)
      : MatrixView(m.data(), m.rows(), m.cols(), m.rowStride(), m.colStride()) {}

  constexpr T& operator()(Index i, Index j) const { return data[i * row_stride + j * col_stride]; }
  constexpr T* row(Index i) const { return data + i * row_stride; }

  /// Rows `first .. first + count - 1`.
  constexpr MatrixView middle_rows(Index first, Index count) const {
    return {row(first), count, cols, row_stride, col_stride};
  }
  /// Columns `first .. first + count - 1`.
  constexpr MatrixView middle_cols(Index first, Index count) const {
    return {data + first * col_stride, rows, count, row_stride, col_stride};
  }
  constexpr MatrixView transpose() const { return {data, cols, rows, col_stride, row_stride}; }
};

/// A view whose scalar another argument decides: whatever converts to it will do.
template <class T>
using ViewOf = std::type_identity_t<MatrixView<T>>;

/// The scalar of a dense matrix.
template <class M>
using ScalarOf = std::remove_cvref_t<decltype(*std::declval<const M&>().data())>;

/// What owns or refers to a dense matrix of a scalar and is no view itself, such as `Matrix`.
template <class M>
concept DenseMatrix = Scalar<ScalarOf<M>> && StridedMatrix<const M, const ScalarOf<M>>;

/// A strided view with `Rank` extents; strides count elements.
template <class T, int Rank>
struct TensorView {
  T* data = nullptr;
  std::array<Index, Rank> extents{};
  std::array<Index, Rank> strides{};

  constexpr TensorView() = default;
  constexpr TensorView(T* elements, const std::array<Index, Rank>& sizes,
                       const std::array<Index, Rank>& steps)
      : data(elements), extents(sizes), strides(steps) {}
  /// Contiguous, last extent fastest.
  constexpr TensorView(T* elements, const std::array<Index, Rank>& sizes)
      : data(elements), extents(sizes) {
    Index stride = 1;
    for (int k = Rank; k-- > 0;) {
      strides[static_cast<std::size_t>(k)] = stride;
      stride *= extents[static_cast<std::size_t>(k)];
    }
  }

  /// From a view of mutable elements.
  template <class U>
  requires(std::is_const_v<T>&& std::same_as<U, std::remove_const_t<T>>) constexpr TensorView(
      const TensorView<U, Rank>& other)
      : data(other.data), extents(other.extents), strides(other.strides) {}

  constexpr Index extent(int axis) const { return extents[static_cast<std::size_t>(axis)]; }
  constexpr Index stride(int axis) const { return strides[static_cast<std::size_t>(axis)]; }
};

}  // namespace bochner
