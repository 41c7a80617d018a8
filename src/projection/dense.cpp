// SPDX-License-Identifier: Apache-2.0
#include "projection/dense.hpp"

#include "simd/engine.hpp"

namespace bochner::projections {

template <Scalar T>
DenseOperator<T>::DenseOperator(const Matrix<double>& frequencies, double factor)
    : dim_(frequencies.cols()),
      num_frequencies_(frequencies.rows()),
      packed_(dim_, simd::padded<T>(num_frequencies_)),
      packed_transposed_(num_frequencies_, simd::padded<T>(dim_)) {
  Matrix<double> scaled = frequencies;
  for (Index i = 0; i < scaled.size(); ++i) scaled.data()[i] *= factor;
  const MatrixView<const double> w = scaled;
  simd::pack_columns<T>(w.transpose(), packed_.data());
  simd::pack_columns<T>(w, packed_transposed_.data());
}

template <Scalar T>
void DenseOperator<T>::apply(const T* x, Index ldx, Index rows, T* out, Index ldo,
                             T* /*scratch*/) const noexcept {
  simd::kernels<T>().project(x, ldx, rows, packed_.data(), dim_, num_frequencies_, out, ldo);
}

template <Scalar T>
void DenseOperator<T>::apply_transpose(const T* y, Index ldy, Index rows, T* out, Index ldo,
                                       T* /*scratch*/) const noexcept {
  simd::kernels<T>().project(y, ldy, rows, packed_transposed_.data(), num_frequencies_, dim_, out,
                             ldo);
}

template <Scalar T>
Matrix<double> DenseOperator<T>::rows() const {
  Matrix<double> w(num_frequencies_, dim_);
  simd::unpack_columns<T>(packed_transposed_.data(), w.view());
  return w;
}

template class DenseOperator<float>;
template class DenseOperator<double>;

}  // namespace bochner::projections
