// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/view.hpp>
#include <bochner/export.hpp>

#include <cstdint>
#include <memory>

/// \file
/// The owning matrix in which results come back.

namespace bochner {

/// Returns memory to the allocator that `Matrix` took it from (inside the library, whatever flags
/// the caller was compiled with).
struct BOCHNER_EXPORT AlignedDelete {
  void operator()(void* memory) const noexcept;
};

/// Owning, row-major, contiguous, 64-byte aligned `rows x cols` matrix, zero at construction.
template <class T>
class Matrix {
 public:
  Matrix() = default;
  /// Throws InvalidArgument on a negative extent, std::bad_alloc when `rows * cols` elements do not
  /// fit in memory (or in 63 bits).
  Matrix(Index rows, Index cols);
  Matrix(const Matrix& other);
  Matrix(Matrix&& other) noexcept;
  Matrix& operator=(const Matrix& other);
  Matrix& operator=(Matrix&& other) noexcept;
  ~Matrix() = default;

  Index rows() const noexcept { return rows_; }
  Index cols() const noexcept { return cols_; }
  Index size() const noexcept { return rows_ * cols_; }
  Index rowStride() const noexcept { return cols_; }
  Index colStride() const noexcept { return 1; }
  T* data() noexcept { return data_.get(); }
  const T* data() const noexcept { return data_.get(); }
  T* row(Index i) noexcept { return data_.get() + i * cols_; }
  const T* row(Index i) const noexcept { return data_.get() + i * cols_; }
  T& operator()(Index i, Index j) noexcept {
    return data_[static_cast<std::size_t>(i * cols_ + j)];
  }
  const T& operator()(Index i, Index j) const noexcept {
    return data_[static_cast<std::size_t>(i * cols_ + j)];
  }
  MatrixView<T> view() noexcept { return {data(), rows_, cols_}; }
  MatrixView<const T> view() const noexcept { return {data(), rows_, cols_}; }

 private:
  Index rows_ = 0;
  Index cols_ = 0;
  std::unique_ptr<T[], AlignedDelete> data_;
};

/// A copy in double precision.
BOCHNER_EXPORT Matrix<double> in_double(MatrixView<const float> x);

extern template class BOCHNER_EXPORT Matrix<float>;
extern template class BOCHNER_EXPORT Matrix<double>;
extern template class BOCHNER_EXPORT Matrix<std::int32_t>;

}  // namespace bochner
