// SPDX-License-Identifier: Apache-2.0
#include "projection/hadamard.hpp"

#include "simd/engine.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace bochner {
namespace {

constexpr Index kLanes = 16;

/// Counters of the signs of one (block, round); at most eight rounds.
std::uint64_t sign_item(Index block, Index round) {
  return static_cast<std::uint64_t>(block) * 8 + static_cast<std::uint64_t>(round);
}

}  // namespace

Index padded_to_power_of_two(Index dim) {
  return static_cast<Index>(std::bit_ceil(static_cast<std::size_t>(dim)));
}

template <Scalar T>
HadamardOperator<T>::HadamardOperator(const HadamardProjection& projection, const FrequencyLaw& law,
                                      double factor)
    : dim_(law.dim),
      padded_(padded_to_power_of_two(law.dim)),
      num_frequencies_(law.num_frequencies),
      rounds_(projection.rounds),
      signs_((num_frequencies_ + padded_ - 1) / padded_ * rounds_, padded_),
      transposed_(signs_.rows(), padded_),
      ones_(static_cast<std::size_t>(padded_), T{1}) {
  for (Index row = 0; row < signs_.rows(); ++row) {
    const Stream stream(law.seed, Purpose::signs, sign_item(row / rounds_, row % rounds_));
    for (Index k = 0; k < padded_; ++k) {
      signs_(row, k) = static_cast<T>(stream.sign(static_cast<std::uint64_t>(k)));
    }
  }
  double normaliser = factor;
  for (Index round = 0; round < rounds_; ++round) {
    normaliser /= std::sqrt(static_cast<double>(padded_));
  }
  for (Index row = 0; row < num_frequencies_; ++row) {
    radii_.push_back(static_cast<T>(normaliser * draw_radius(projection.radii, law, padded_, row)));
  }
  // (R H D_k ... H D_1)^T = D_1 H ... D_k H R.
  for (Index row = 0; row < signs_.rows(); ++row) {
    const Index block = row / rounds_;
    const Index round = row % rounds_;
    if (round == 0) {
      const Index start = block * padded_;
      std::copy_n(radii_.begin() + start, std::min(padded_, num_frequencies_ - start),
                  transposed_.row(row));
    } else {
      std::copy_n(signs_.row(row + rounds_ - 2 * round), padded_, transposed_.row(row));
    }
  }
}

template <Scalar T>
Index HadamardOperator<T>::scratch_size() const noexcept {
  return 2 * kLanes * padded_;
}

template <Scalar T>
void HadamardOperator<T>::apply(const T* x, Index ldx, Index rows, T* out, Index ldo,
                                T* scratch) const noexcept {
  const simd::Kernels<T>& kernels = simd::kernels<T>();
  T* const input = scratch;
  T* const work = scratch + kLanes * padded_;
  for (Index first = 0; first < rows; first += kLanes) {
    const Index lanes = std::min(kLanes, rows - first);
    kernels.interleave16(x + first * ldx, ldx, lanes, dim_, padded_, input);
    for (Index block = 0, start = 0; start < num_frequencies_; ++block, start += padded_) {
      kernels.hadamard16(input, signs_.row(block * rounds_), rounds_, padded_, work);
      kernels.deinterleave16(work, radii_.data() + start, lanes,
                             std::min(padded_, num_frequencies_ - start), out + first * ldo + start,
                             ldo);
    }
  }
}

template <Scalar T>
void HadamardOperator<T>::apply_transpose(const T* y, Index ldy, Index rows, T* out, Index ldo,
                                          T* scratch) const noexcept {
  const simd::Kernels<T>& kernels = simd::kernels<T>();
  T* const sum = scratch;
  T* const work = scratch + kLanes * padded_;
  for (Index first = 0; first < rows; first += kLanes) {
    const Index lanes = std::min(kLanes, rows - first);
    std::fill_n(sum, kLanes * padded_, T{0});
    for (Index block = 0, start = 0; start < num_frequencies_; ++block, start += padded_) {
      kernels.interleave16(y + first * ldy + start, ldy, lanes,
                           std::min(padded_, num_frequencies_ - start), padded_, work);
      kernels.hadamard16(work, transposed_.row(block * rounds_), rounds_, padded_, work);
      const T* const last = signs_.row(block * rounds_);
      for (Index k = 0; k < padded_; ++k) {
        for (Index l = 0; l < kLanes; ++l) sum[k * kLanes + l] += last[k] * work[k * kLanes + l];
      }
    }
    kernels.deinterleave16(sum, ones_.data(), lanes, dim_, out + first * ldo, ldo);
  }
}

Matrix<double> draw_frequencies(const HadamardProjection& projection, const FrequencyLaw& law) {
  if (padded_to_power_of_two(law.dim) < kSmallestHadamard) {
    return draw_frequencies(OrthogonalProjection{projection.radii}, law);
  }
  const HadamardOperator<double> hadamard(projection, law, 1.0);
  const Index ld = simd::padded<double>(law.num_frequencies);
  Matrix<double> scratch(1, hadamard.scratch_size());
  Matrix<double> unit(1, simd::padded<double>(law.dim));
  Matrix<double> column(1, ld);
  Matrix<double> w(law.num_frequencies, law.dim);
  for (Index k = 0; k < law.dim; ++k) {
    unit(0, k) = 1.0;
    hadamard.apply(unit.data(), unit.cols(), 1, column.data(), ld, scratch.data());
    unit(0, k) = 0.0;
    for (Index j = 0; j < law.num_frequencies; ++j) w(j, k) = column(0, j);
  }
  return w;
}

template class HadamardOperator<float>;
template class HadamardOperator<double>;

}  // namespace bochner
