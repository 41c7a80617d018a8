// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/matrix.hpp"

#include "core/aligned_memory.hpp"
#include "core/checked.hpp"
#include "core/door.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace bochner {
namespace {

template <class T>
std::unique_ptr<T[], AlignedDelete> allocate_zeroed(Index rows, Index cols) {
  Door("Matrix").at_least("rows", rows, 0).at_least("cols", cols, 0);
  const std::optional<Index> count = checked_product(rows, cols);
  const std::optional<Index> bytes =
      count ? checked_product(*count, static_cast<Index>(sizeof(T))) : std::nullopt;
  if (!bytes) throw std::bad_alloc();
  if (*count == 0) return nullptr;
  T* memory = static_cast<T*>(allocate_aligned(static_cast<std::size_t>(*bytes)));
  std::fill_n(memory, *count, T{});
  return std::unique_ptr<T[], AlignedDelete>(memory);
}

}  // namespace

void AlignedDelete::operator()(void* memory) const noexcept { free_aligned(memory); }

template <class T>
Matrix<T>::Matrix(Index rows, Index cols)
    : rows_(rows), cols_(cols), data_(allocate_zeroed<T>(rows, cols)) {}

template <class T>
Matrix<T>::Matrix(const Matrix& other) : Matrix(other.rows_, other.cols_) {
  std::copy_n(other.data(), other.size(), data());
}

template <class T>
Matrix<T>::Matrix(Matrix&& other) noexcept
    : rows_(std::exchange(other.rows_, 0)),
      cols_(std::exchange(other.cols_, 0)),
      data_(std::move(other.data_)) {}

template <class T>
Matrix<T>& Matrix<T>::operator=(const Matrix& other) {
  if (this != &other) *this = Matrix(other);
  return *this;
}

template <class T>
Matrix<T>& Matrix<T>::operator=(Matrix&& other) noexcept {
  rows_ = std::exchange(other.rows_, 0);
  cols_ = std::exchange(other.cols_, 0);
  data_ = std::move(other.data_);
  return *this;
}

Matrix<double> in_double(MatrixView<const float> x) {
  Matrix<double> out(x.rows, x.cols);
  for (Index i = 0; i < x.rows; ++i) {
    for (Index j = 0; j < x.cols; ++j) out(i, j) = static_cast<double>(x(i, j));
  }
  return out;
}

template class Matrix<float>;
template class Matrix<double>;
template class Matrix<std::int32_t>;

}  // namespace bochner
