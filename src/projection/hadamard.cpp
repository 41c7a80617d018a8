// SPDX-License-Identifier: Apache-2.0
#include "projection/hadamard_operator.hpp"

#include "core/door.hpp"
#include "projection/block_law.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace bochner::projections {
namespace {

constexpr int kMostRounds = 8;

/// Counters of the signs of one (block, round).
std::uint64_t sign_item(Index block, Index round) {
  return static_cast<std::uint64_t>(block) * kMostRounds + static_cast<std::uint64_t>(round);
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
      transposed_(signs_.rows(), padded_) {
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
  radii_.resize(static_cast<std::size_t>(simd::padded<T>(num_frequencies_)));
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
  return simd::hadamard_scratch<T>(padded_) + simd::kBlockRows * simd::padded<T>(dim_);
}

template <Scalar T>
void HadamardOperator<T>::apply(const T* x, Index ldx, Index rows, T* out, Index ldo,
                                T* scratch) const noexcept {
  simd::kernels<T>().hadamard(x, ldx, rows, dim_, padded_, signs_.data(), rounds_, radii_.data(),
                              num_frequencies_, out, ldo, scratch);
}

template <Scalar T>
void HadamardOperator<T>::apply_transpose(const T* y, Index ldy, Index rows, T* out, Index ldo,
                                          T* scratch) const noexcept {
  T* const term = scratch + simd::hadamard_scratch<T>(padded_);
  const Index ld = simd::padded<T>(dim_);
  for (Index block = 0, start = 0; start < num_frequencies_; ++block, start += padded_) {
    const bool first = block == 0;
    simd::kernels<T>().hadamard(y + start, ldy, rows, std::min(padded_, num_frequencies_ - start),
                                padded_, transposed_.row(block * rounds_), rounds_,
                                signs_.row(block * rounds_), dim_, first ? out : term,
                                first ? ldo : ld, scratch);
    for (Index r = 0; r < rows && !first; ++r) {
      for (Index k = 0; k < dim_; ++k) out[r * ldo + k] += term[r * ld + k];
    }
  }
}

template class HadamardOperator<float>;
template class HadamardOperator<double>;

}  // namespace bochner::projections

namespace bochner {

void HadamardProjection::check(const FrequencyLaw& /*law*/) const {
  Door(name).between("rounds", rounds, 1, projections::kMostRounds);
}

// Rows are orthogonal in the padded space, with radii of its dimension.
BlockLaw HadamardProjection::block_law(Index dim) const {
  const Index padded = projections::padded_to_power_of_two(dim);
  return OrthogonalProjection{radii}.block_law(padded < projections::kSmallestHadamard ? dim
                                                                                       : padded);
}

Matrix<double> HadamardProjection::draw(const FrequencyLaw& law) const {
  if (!is_structured(law)) return OrthogonalProjection{radii}.draw(law);
  return projections::materialised(projections::HadamardOperator<double>(*this, law, 1.0),
                                   law.num_frequencies, law.dim);
}

bool HadamardProjection::is_structured(const FrequencyLaw& law) const {
  return projections::padded_to_power_of_two(law.dim) >= projections::kSmallestHadamard;
}

template <Scalar T>
std::unique_ptr<const ProjectionOperator<T>> HadamardProjection::make_operator(
    const FrequencyLaw& law, double factor) const {
  return std::make_unique<projections::HadamardOperator<T>>(*this, law, factor);
}

FrequencyNorms HadamardProjection::norms(const FrequencyLaw& law) const {
  FrequencyNorms norms{.squared = {}, .ambient_dim = projections::padded_to_power_of_two(law.dim)};
  for (Index row = 0; row < law.num_frequencies; ++row) {
    const double radius = projections::draw_radius(radii, law, norms.ambient_dim, row);
    norms.squared.push_back(radius * radius);
  }
  return norms;
}

double HadamardProjection::cost(const FrequencyLaw& law) const {
  const auto p = static_cast<double>(projections::padded_to_power_of_two(law.dim));
  const double blocks = std::ceil(static_cast<double>(law.num_frequencies) / p);
  return blocks * p * (static_cast<double>(rounds) * (std::log2(p) + 1.0) + 1.0);
}

template std::unique_ptr<const ProjectionOperator<float>> HadamardProjection::make_operator(
    const FrequencyLaw&, double) const;
template std::unique_ptr<const ProjectionOperator<double>> HadamardProjection::make_operator(
    const FrequencyLaw&, double) const;

}  // namespace bochner
