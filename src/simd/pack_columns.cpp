// SPDX-License-Identifier: Apache-2.0
#include "simd/engine.hpp"

namespace bochner::simd {

template <Scalar T, Scalar U>
void pack_columns(MatrixView<const U> w, T* out) {
  for (Index first = 0; first < w.cols; first += kPanel<T>) {
    for (Index k = 0; k < w.rows; ++k) {
      for (Index j = first; j < first + kPanel<T>; ++j) {
        *out++ = j < w.cols ? static_cast<T>(w(k, j)) : T{0};
      }
    }
  }
}

template <Scalar T>
void unpack_columns(const T* packed, MatrixView<double> w) {
  for (Index first = 0; first < w.cols; first += kPanel<T>) {
    for (Index k = 0; k < w.rows; ++k) {
      for (Index j = first; j < first + kPanel<T>; ++j, ++packed) {
        if (j < w.cols) w(k, j) = static_cast<double>(*packed);
      }
    }
  }
}

template void pack_columns(MatrixView<const float>, float*);
template void pack_columns(MatrixView<const double>, float*);
template void pack_columns(MatrixView<const double>, double*);
template void unpack_columns(const float*, MatrixView<double>);
template void unpack_columns(const double*, MatrixView<double>);

}  // namespace bochner::simd
