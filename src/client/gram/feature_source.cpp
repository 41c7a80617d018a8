// SPDX-License-Identifier: Apache-2.0
#include "client/gram/feature_source.hpp"

#include "client/gram/checks.hpp"
#include "client/gram/tile_walk.hpp"
#include "core/assert.hpp"
#include "core/checked.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace bochner::gram {
namespace {

constexpr Door kGramApproximation("GramApproximation");

/// The exponent of a row of zeros until those of the others are known.
constexpr std::int32_t kNoExponent = std::numeric_limits<std::int32_t>::min();

/// Rows less a mean have no smaller exponent: 2 to its negative is a double.
constexpr std::int32_t kLeastExponent = -1000;

/// Whether rows x cols elements of T take no more than `memory` bytes.
template <Scalar T>
bool fits(Index rows, Index cols, Index memory) {
  const auto elements = checked_product(rows, cols);
  const auto bytes = elements ? checked_product(*elements, Index{sizeof(T)}) : std::nullopt;
  return bytes && *bytes <= memory;
}

}  // namespace

template <Scalar T>
FeatureSource<T>::Workspace::Workspace(const FeatureSource& source) {
  if (!source.map_) {
    phi_ = Matrix<T>(simd::kBlockRows, source.ld());
    return;
  }
  map_.emplace(source.map_->blocks());
  x_ = Matrix<T>(simd::kBlockRows, source.map_->input_dim());
  phi_ = Matrix<T>(simd::kBlockRows, source.ld());
}

template <Scalar T>
FeatureSource<T>::FeatureSource(const FeatureMap<T>& map, MatrixView<const T> x, Index memory,
                                const Execution& execution)
    : map_(map), num_features_(map.num_features()), exponent_(static_cast<std::size_t>(x.rows)) {
  if (fits<T>(x.rows, ld(), memory)) phi_ = Matrix<T>(x.rows, ld());
  const Index blocks = row_blocks(x.rows);
  std::vector<Workspace> mine = workspaces(blocks, execution);
  parallel_for_blocks(blocks, execution, [&](Index block, int worker) {
    Workspace& workspace = mine[static_cast<std::size_t>(worker)];
    const Index first = block * simd::kBlockRows;
    const Index count = std::min(simd::kBlockRows, x.rows - first);
    const MatrixView<const T> rows = x.middle_rows(first, count);
    map.blocks().features(Side::query, rows, stored() ? phi_.row(first) : workspace.phi_.data(),
                          exponent_.data() + first, *workspace.map_);
    if (const auto reason = BlockMap<T>::refusal(rows, first, *workspace.map_)) {
      kGramApproximation.refuse("x: " + *reason);
    }
  });
  max_exponent_ = *std::max_element(exponent_.begin(), exponent_.end());
  if (stored()) return;
  x_ = Matrix<T>(x.rows, x.cols);
  for (Index i = 0; i < x.rows; ++i) {
    for (Index k = 0; k < x.cols; ++k) x_(i, k) = x(i, k);
  }
}

template <Scalar T>
template <Scalar From>
FeatureSource<T>::FeatureSource(MatrixView<const From> factor)
    : num_features_(factor.cols),
      phi_(factor.rows, simd::padded<T>(factor.cols)),
      exponent_(static_cast<std::size_t>(factor.rows), kNoExponent) {
  for (Index i = 0; i < factor.rows; ++i) {
    double largest = 0.0;
    for (Index j = 0; j < factor.cols; ++j) {
      largest = std::max(largest, std::abs(static_cast<double>(factor(i, j))));
    }
    if (largest == 0.0) continue;
    const std::int32_t exponent = std::ilogb(largest) + 1;
    for (Index j = 0; j < factor.cols; ++j) {
      phi_(i, j) = static_cast<T>(std::ldexp(static_cast<double>(factor(i, j)), -exponent));
    }
    exponent_[static_cast<std::size_t>(i)] = exponent;
  }
  max_exponent_ = *std::max_element(exponent_.begin(), exponent_.end());
  if (max_exponent_ == kNoExponent) max_exponent_ = 0;
  std::replace(exponent_.begin(), exponent_.end(), kNoExponent, max_exponent_);
}

template <Scalar T>
FeatureSource<T>::FeatureSource(const FeatureSource& from, std::vector<double> mean)
    : map_(from.map_),
      num_features_(from.num_features_),
      x_(from.x_),
      phi_(from.phi_),
      exponent_(from.exponent_),
      mean_(std::move(mean)) {
  BOCHNER_ASSERT(from.mean_.empty());
  std::int32_t least = kLeastExponent;
  for (const double m : mean_) {
    if (m != 0.0) least = std::max(least, std::ilogb(m) + 1);
  }
  for (Index i = 0; i < size(); ++i) {
    std::int32_t& exponent = exponent_[static_cast<std::size_t>(i)];
    const std::int32_t before = exponent;
    exponent = std::max(exponent, least);
    if (stored()) subtract_mean(phi_.row(i), before, exponent);
  }
  max_exponent_ = *std::max_element(exponent_.begin(), exponent_.end());
  if (stored()) mean_.clear();
}

/// phi 2^from to (phi 2^from - mean) 2^-to.
template <Scalar T>
void FeatureSource<T>::subtract_mean(T* phi, std::int32_t from, std::int32_t to) const {
  if (mean_.empty()) return;
  const double own = std::ldexp(1.0, from - to);
  const double unit = std::ldexp(1.0, -to);
  for (std::size_t j = 0; j < mean_.size(); ++j) {
    phi[j] = static_cast<T>(own * static_cast<double>(phi[j]) - unit * mean_[j]);
  }
}

template <Scalar T>
Index FeatureSource<T>::bytes() const noexcept {
  return (phi_.size() + x_.size()) * Index{sizeof(T)} + size() * Index{sizeof(std::int32_t)};
}

template <Scalar T>
auto FeatureSource<T>::block(Index index, Workspace& workspace) const -> Block {
  const Index first = index * simd::kBlockRows;
  const Index count = std::min(simd::kBlockRows, size() - first);
  if (stored()) return {first, count, phi_.row(first), exponents() + first};
  map_->blocks().features(Side::query, x_.view().middle_rows(first, count), workspace.phi_.data(),
                          workspace.exponent_.data(), *workspace.map_);
  for (Index r = 0; r < count; ++r) {
    std::int32_t& exponent = workspace.exponent_[static_cast<std::size_t>(r)];
    subtract_mean(workspace.phi_.row(r), exponent, exponents()[first + r]);
    exponent = exponents()[first + r];
  }
  return {first, count, workspace.phi_.data(), workspace.exponent_.data()};
}

template <Scalar T>
auto FeatureSource<T>::gather(std::span<const Index> which, Workspace& workspace) const -> Block {
  const auto count = static_cast<Index>(which.size());
  const Matrix<T>& from = stored() ? phi_ : x_;
  Matrix<T>& to = stored() ? workspace.phi_ : workspace.x_;
  for (Index r = 0; r < count; ++r) {
    const Index row = which[static_cast<std::size_t>(r)];
    std::copy_n(from.row(row), from.cols(), to.row(r));
    workspace.exponent_[static_cast<std::size_t>(r)] = exponents()[row];
  }
  if (!stored()) {
    map_->blocks().features(Side::query, workspace.x_.view().middle_rows(0, count),
                            workspace.phi_.data(), workspace.exponent_.data(), *workspace.map_);
    for (Index r = 0; r < count; ++r) {
      std::int32_t& exponent = workspace.exponent_[static_cast<std::size_t>(r)];
      const std::int32_t own = exponents()[which[static_cast<std::size_t>(r)]];
      subtract_mean(workspace.phi_.row(r), exponent, own);
      exponent = own;
    }
  }
  return {0, count, workspace.phi_.data(), workspace.exponent_.data()};
}

template <Scalar T>
auto FeatureSource<T>::workspaces(Index num_blocks, const Execution& execution) const
    -> std::vector<Workspace> {
  std::vector<Workspace> all;
  for (int w = 0; w < worker_count(num_blocks, execution); ++w) all.emplace_back(*this);
  return all;
}

double finite_entry(const Door& door, double product, std::int64_t exponent, Index i, Index j) {
  const double value =
      std::ldexp(product, static_cast<int>(std::clamp<std::int64_t>(exponent, -10'000, 10'000)));
  if (!std::isfinite(value)) refuse_overflow(door, i, j);
  return value;
}

template class FeatureSource<float>;
template class FeatureSource<double>;
template FeatureSource<float>::FeatureSource(MatrixView<const float>);
template FeatureSource<float>::FeatureSource(MatrixView<const double>);
template FeatureSource<double>::FeatureSource(MatrixView<const double>);

}  // namespace bochner::gram
