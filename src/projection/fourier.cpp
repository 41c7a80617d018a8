// SPDX-License-Identifier: Apache-2.0
#include "projection/fourier.hpp"

#include "random/elementary.hpp"
#include "simd/engine.hpp"

namespace bochner::projections {

template <Scalar T>
FourierTransform<T>::FourierTransform(Index largest) : largest_(largest) {
  for (Index k = 0; k < largest / 2; ++k) {
    const auto angle =
        elementary::sincos_pi(2.0 * static_cast<double>(k) / static_cast<double>(largest));
    cosine_.push_back(static_cast<T>(angle.cos));
    sine_.push_back(static_cast<T>(angle.sin));
  }
}

template <Scalar T>
void FourierTransform<T>::transform(T* re, T* im, Index size, Index rows) const noexcept {
  constexpr Index kLanes = simd::kBlockRows;
  for (Index half = 1; half < size; half *= 2) {
    const Index stride = largest_ / (2 * half);
    for (Index k = 0; k < half; ++k) {
      const T c = cosine_[static_cast<std::size_t>(k * stride)];
      const T s = sine_[static_cast<std::size_t>(k * stride)];
      for (Index n = k; n < size; n += 2 * half) {
        T* const ar = re + n * kLanes;
        T* const ai = im + n * kLanes;
        T* const br = ar + half * kLanes;
        T* const bi = ai + half * kLanes;
        for (Index r = 0; r < rows; ++r) {
          const T tr = c * br[r] + s * bi[r];
          const T ti = c * bi[r] - s * br[r];
          br[r] = ar[r] - tr;
          bi[r] = ai[r] - ti;
          ar[r] += tr;
          ai[r] += ti;
        }
      }
    }
  }
}

template <Scalar T>
Index FourierTransform<T>::reversed(Index n, Index size) noexcept {
  Index out = 0;
  for (Index bit = 1; bit < size; bit *= 2, n /= 2) out = 2 * out + n % 2;
  return out;
}

template class FourierTransform<float>;
template class FourierTransform<double>;

}  // namespace bochner::projections
