// SPDX-License-Identifier: Apache-2.0
#include "projection/count_sketch_operator.hpp"

#include "core/assert.hpp"
#include "projection/block_law.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace bochner::projections {
namespace {

constexpr Index kLanes = simd::kBlockRows;

}  // namespace

template <Scalar T>
CountSketchOperator<T>::CountSketchOperator(const FrequencyLaw& law, double factor)
    : dim_(law.projected_dim()),
      largest_(kernels::sketch_columns(law.num_frequencies).front().count),
      transform_(largest_) {
  BOCHNER_ASSERT(law.products);
  const ProductLayout& layout = *law.products;
  for (const kernels::SketchColumns& columns : kernels::sketch_columns(law.num_frequencies)) {
    for (Index level = 0; level < layout.num_levels(); ++level) {
      Sketch sketch{layout.start(level) + columns.first, columns.count, {}};
      // Sketches are named by their size and level.
      const auto item =
          static_cast<std::uint64_t>(columns.digit) << 32 | static_cast<std::uint64_t>(level);
      const Stream buckets(law.seed, Purpose::buckets, item);
      const Stream signs(law.seed, Purpose::signs, item);
      for (Index l = 0; l < dim_; ++l) {
        const auto word = static_cast<std::uint64_t>(l);
        const Index bucket =
            columns.digit == 0 ? 0 : static_cast<Index>(buckets.bits(word) >> (64 - columns.digit));
        sketch.places.push_back({bucket, static_cast<T>(factor * signs.sign(word))});
      }
      if (level % 2 == 0) pairs_.emplace_back();
      pairs_.back().push_back(std::move(sketch));
    }
  }
}

template <Scalar T>
Index CountSketchOperator<T>::scratch_size() const noexcept {
  return 2 * largest_ * kLanes;
}

template <Scalar T>
void CountSketchOperator<T>::apply(const T* x, Index ldx, Index rows, T* out, Index ldo,
                                   T* scratch) const noexcept {
  for (const std::vector<Sketch>& pair : pairs_) {
    const Index size = pair.front().buckets;
    T* const parts[2] = {scratch, scratch + size * kLanes};
    std::fill_n(scratch, 2 * size * kLanes, T{0});
    for (std::size_t s = 0; s < pair.size(); ++s) {
      for (Index l = 0; l < dim_; ++l) {
        const Place& place = pair[s].places[static_cast<std::size_t>(l)];
        T* const to = parts[s] + FourierTransform<T>::reversed(place.bucket, size) * kLanes;
        for (Index r = 0; r < rows; ++r) to[r] += place.sign * x[r * ldx + l];
      }
    }
    transform_.transform(parts[0], parts[1], size, rows);
    // Z = F + i G with real sketches: F_k = (Z_k + conj Z_-k) / 2, G_k = (Z_k - conj Z_-k) / 2i.
    for (Index k = 0; k <= size / 2; ++k) {
      const Index mirror = (size - k) % size;
      const T* const ar = parts[0] + k * kLanes;
      const T* const ai = parts[1] + k * kLanes;
      const T* const br = parts[0] + mirror * kLanes;
      const T* const bi = parts[1] + mirror * kLanes;
      const bool is_complex = k != mirror;
      for (std::size_t s = 0; s < pair.size(); ++s) {
        T* const real = out + pair[s].column + k;
        T* const imaginary = real + size / 2;
        for (Index r = 0; r < rows; ++r) {
          real[r * ldo] = T{0.5} * (s == 0 ? ar[r] + br[r] : ai[r] + bi[r]);
          if (is_complex) {
            imaginary[r * ldo] = T{0.5} * (s == 0 ? ai[r] - bi[r] : br[r] - ar[r]);
          }
        }
      }
    }
  }
}

template <Scalar T>
void CountSketchOperator<T>::apply_transpose(const T* y, Index ldy, Index rows, T* out, Index ldo,
                                             T* scratch) const noexcept {
  for (Index r = 0; r < rows; ++r) std::fill_n(out + r * ldo, dim_, T{0});
  for (const std::vector<Sketch>& pair : pairs_) {
    const Index size = pair.front().buckets;
    T* const parts[2] = {scratch, scratch + size * kLanes};
    std::fill_n(scratch, 2 * size * kLanes, T{0});
    // Re sum_k Y_k e^(2 pi i k n / N) over half the spectrum is the transform of Z, Z_k = conj(Y_k)
    // / 2 and Z_-k = Y_k / 2, which is real; a second one travels as i times that.
    for (Index k = 0; k <= size / 2; ++k) {
      const Index mirror = (size - k) % size;
      const bool is_complex = k != mirror;
      const T half = is_complex ? T{0.5} : T{1};
      const Index here = FourierTransform<T>::reversed(k, size) * kLanes;
      const Index there = FourierTransform<T>::reversed(mirror, size) * kLanes;
      for (std::size_t s = 0; s < pair.size(); ++s) {
        const T* const real = y + pair[s].column + k;
        const T* const imaginary = real + size / 2;
        // Times i for the second: (a + i b) i = -b + i a.
        T* const along = parts[s];
        T* const across = parts[1 - s];
        const T turn = s == 0 ? T{1} : T{-1};
        for (Index r = 0; r < rows; ++r) {
          along[here + r] += half * real[r * ldy];
          if (!is_complex) continue;
          along[there + r] += half * real[r * ldy];
          across[here + r] -= turn * half * imaginary[r * ldy];
          across[there + r] += turn * half * imaginary[r * ldy];
        }
      }
    }
    transform_.transform(parts[0], parts[1], size, rows);
    for (std::size_t s = 0; s < pair.size(); ++s) {
      for (Index l = 0; l < dim_; ++l) {
        const Place& place = pair[s].places[static_cast<std::size_t>(l)];
        const T* const from = parts[s] + place.bucket * kLanes;
        for (Index r = 0; r < rows; ++r) out[r * ldo + l] += place.sign * from[r];
      }
    }
  }
}

template class CountSketchOperator<float>;
template class CountSketchOperator<double>;

}  // namespace bochner::projections

namespace bochner {

BlockLaw CountSketchProjection::block_law(Index dim) const {
  return {.size = BlockLaw::kEndless,
          .dim = static_cast<double>(dim),
          .pairing = BlockLaw::Pairing::sketch};
}

Matrix<double> CountSketchProjection::draw(const FrequencyLaw& law) const {
  return projections::materialised(projections::CountSketchOperator<double>(law, 1.0),
                                   law.num_projections(), law.projected_dim());
}

bool CountSketchProjection::is_structured(const FrequencyLaw& /*law*/) const { return true; }

template <Scalar T>
std::unique_ptr<const ProjectionOperator<T>> CountSketchProjection::make_operator(
    const FrequencyLaw& law, double factor) const {
  return std::make_unique<projections::CountSketchOperator<T>>(law, factor);
}

FrequencyNorms CountSketchProjection::norms(const FrequencyLaw& law) const {
  return {.squared = {}, .ambient_dim = law.dim};
}

double CountSketchProjection::cost(const FrequencyLaw& law) const {
  const auto m = static_cast<double>(law.num_frequencies);
  return static_cast<double>(law.num_projections()) *
         (2.0 * static_cast<double>(law.dim) / m + 5.0 * std::log2(m));
}

template std::unique_ptr<const ProjectionOperator<float>> CountSketchProjection::make_operator(
    const FrequencyLaw&, double) const;
template std::unique_ptr<const ProjectionOperator<double>> CountSketchProjection::make_operator(
    const FrequencyLaw&, double) const;

}  // namespace bochner
