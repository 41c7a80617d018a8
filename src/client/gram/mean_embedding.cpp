// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram/mean_embedding.hpp"

#include "client/gram/feature_rows.hpp"
#include "core/archive_entries.hpp"
#include "core/door.hpp"
#include "core/text.hpp"
#include "feature_map/saved_map.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

namespace bochner {

using namespace gram;

namespace {

constexpr Door kMeanEmbedding("MeanEmbedding");
constexpr Door kEmbeddingAdd("MeanEmbedding::add");
constexpr Door kEmbeddingMerge("MeanEmbedding::merge");
constexpr Door kEmbeddingSubtract("MeanEmbedding::subtract");
constexpr Door kEmbeddingDecay("MeanEmbedding::decay");
constexpr Door kEmbeddingMean("MeanEmbedding::mean");
constexpr Door kEmbeddingDistance("MeanEmbedding::distance");
constexpr Door kEmbeddingDensity("MeanEmbedding::density");
constexpr Door kEmbeddingLoad("MeanEmbedding::load");
constexpr const char* kEmbeddingKind = "mean_embedding";

/// Weights whose squares' sum is this close to the square of their sum are one weight.
constexpr double kWeightRounding = 1e-12;
/// What decays of different steps may differ by.
constexpr double kDecayRounding = 1e-6;
/// Of the sum of their squares: far enough from zero for quotients.
constexpr double kLeastWeight = 1e-280;

void require_map_of(const Door& door, const FeatureMapSpec& own, const FeatureMapSpec& other) {
  if (own != other) door.refuse("other has the map " + to_text(other) + ", not " + to_text(own));
}

/// sum_i of squares
double length_squared(std::span<const double> values) {
  return std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
}

}  // namespace

template <Scalar T>
MeanEmbedding<T>::MeanEmbedding(FeatureMap<T> map)
    : map_(std::move(map)), sums_(static_cast<std::size_t>(map_.num_features())) {
  if (!map_.spec().transform.is_symmetric()) {
    kMeanEmbedding.refuse(
        "the map's transform treats queries and keys differently, expected one for both (a mean of "
        "rows has one side)");
  }
}

template <Scalar T>
void MeanEmbedding<T>::add(MatrixView<const T> x, const Execution& execution) {
  kEmbeddingAdd.columns("x", x, map_.input_dim(), "the map's input_dim").template finite<T>("x", x);
  if (x.rows == 0) return;
  std::vector<double> sums = sums_;
  double lengths = lengths_;
  double lengths2 = lengths2_;
  double weight = weight_;
  double weight2 = weight2_;
  for_each_feature_row(kEmbeddingAdd, map_, x, execution, [&](Index, std::span<const double> phi) {
    for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += phi[j];
    const double length = length_squared(phi);
    lengths += length;
    lengths2 += length;
    weight += 1.0;
    weight2 += 1.0;
  });
  if (!std::isfinite(lengths))
    kEmbeddingAdd.refuse("the squares of the features overflow; scale x down");
  sums_ = std::move(sums);
  weight_ = weight;
  weight2_ = weight2;
  lengths_ = lengths;
  lengths2_ = lengths2;
  num_rows_ += x.rows;
}

template <Scalar T>
void MeanEmbedding<T>::merge(const MeanEmbedding& other) {
  require_map_of(kEmbeddingMerge, map_.spec(), other.map_.spec());
  combine(other, 1.0);
  num_rows_ += other.num_rows_;
}

template <Scalar T>
void MeanEmbedding<T>::subtract(const MeanEmbedding& other) {
  require_map_of(kEmbeddingSubtract, map_.spec(), other.map_.spec());
  if (other.num_rows_ > num_rows_ || other.weight_ > (1.0 + kWeightRounding) * weight_) {
    kEmbeddingSubtract.refuse("other has " + std::to_string(other.num_rows_) + " rows of weight " +
                              text::number(other.weight_) + ", expected at most " +
                              std::to_string(num_rows_) + " of " + text::number(weight_));
  }
  if (other.num_rows_ == num_rows_) {
    if (weight_ - other.weight_ > kDecayRounding * weight_) {
      kEmbeddingSubtract.refuse("other has all " + std::to_string(num_rows_) +
                                " rows, but of weight " + text::number(other.weight_) + ", not " +
                                text::number(weight_) + ": decay both alike");
    }
    *this = MeanEmbedding(map_);
    return;
  }
  if (weight_ - other.weight_ <= kWeightRounding * weight_ ||
      weight2_ - other.weight2_ <= kWeightRounding * weight2_) {
    kEmbeddingSubtract.refuse("nothing but rounding would be left of the weight of " +
                              std::to_string(num_rows_ - other.num_rows_) + " rows");
  }
  // (sum w)^2 <= n sum w^2 for any weights.
  const double left = weight_ - other.weight_;
  const double most =
      static_cast<double>(num_rows_ - other.num_rows_) * (weight2_ - other.weight2_);
  if (left * left > (1.0 + kDecayRounding) * most) {
    kEmbeddingSubtract.refuse("the rows of other weigh more than they do here: decay both alike");
  }
  combine(other, -1.0);
  lengths_ = std::max(lengths_, 0.0);
  lengths2_ = std::max(lengths2_, 0.0);
  num_rows_ -= other.num_rows_;
}

template <Scalar T>
void MeanEmbedding<T>::combine(const MeanEmbedding& other, double sign) {
  for (std::size_t j = 0; j < sums_.size(); ++j) sums_[j] += sign * other.sums_[j];
  weight_ += sign * other.weight_;
  weight2_ += sign * other.weight2_;
  lengths_ += sign * other.lengths_;
  lengths2_ += sign * other.lengths2_;
}

template <Scalar T>
void MeanEmbedding<T>::decay(double factor) {
  kEmbeddingDecay.between("factor", factor, 0.0, 1.0, "above 0 and at most 1");
  if (factor == 0.0) kEmbeddingDecay.refuse("factor", "0", "above 0 and at most 1");
  if (num_rows_ > 0 && factor * factor * weight2_ < kLeastWeight) {
    kEmbeddingDecay.refuse("rows weigh " + text::number(weight_) +
                           " and would vanish below the range of double; start anew");
  }
  for (double& sum : sums_) sum *= factor;
  weight_ *= factor;
  weight2_ *= factor * factor;
  lengths_ *= factor;
  lengths2_ *= factor * factor;
}

template <Scalar T>
double MeanEmbedding<T>::effective_rows() const noexcept {
  return num_rows_ == 0 ? 0.0 : weight_ * weight_ / weight2_;
}

template <Scalar T>
std::vector<double> MeanEmbedding<T>::mean() const {
  if (num_rows_ == 0) kEmbeddingMean.refuse("there are no rows");
  std::vector<double> out(sums_);
  for (double& value : out) value /= weight_;
  return out;
}

template <Scalar T>
EmbeddingDistance MeanEmbedding<T>::distance(const MeanEmbedding& other) const {
  require_map_of(kEmbeddingDistance, map_.spec(), other.map_.spec());
  EmbeddingDistance out;
  double square = 0.0;
  for (const MeanEmbedding* sample : {this, &other}) {
    const double pairs = 1.0 - sample->weight2_ / (sample->weight_ * sample->weight_);
    if (sample->num_rows_ < 2 || !(pairs > kWeightRounding)) {
      kEmbeddingDistance.refuse("a sample has " + std::to_string(sample->num_rows_) +
                                " rows, of which " + text::number(sample->effective_rows()) +
                                " count; expected two or more");
    }
    const std::vector<double> mean = sample->mean();
    const double length = length_squared(mean);
    // sum_{i != j} w_i w_j k_ij / sum_{i != j} w_i w_j
    const double within =
        (length - sample->lengths2_ / (sample->weight_ * sample->weight_)) / pairs;
    out.squared += within;
    // tr Sigma = mean |phi|^2 - |mean phi|^2, over the share of pairs of different rows.
    square += std::max(sample->lengths_ / sample->weight_ - length, 0.0) / pairs * (1.0 - pairs);
  }
  const std::vector<double> a = mean();
  const std::vector<double> b = other.mean();
  out.squared -= 2.0 * std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
  out.distance = std::sqrt(std::max(out.squared, 0.0));
  out.error = std::sqrt(square);
  return out;
}

template <Scalar T>
void MeanEmbedding<T>::density(MatrixView<const T> x, std::span<double> out,
                               const Execution& execution) const {
  kEmbeddingDensity.columns("x", x, map_.input_dim(), "the map's input_dim")
      .template finite<T>("x", x)
      .entries("out", std::ssize(out), x.rows, "the rows of x");
  if (num_rows_ == 0) kEmbeddingDensity.refuse("there are no rows");
  const std::vector<double> centre = mean();
  for_each_feature_row(kEmbeddingDensity, map_, x, execution,
                       [&](Index i, std::span<const double> phi) {
                         out[static_cast<std::size_t>(i)] =
                             std::inner_product(phi.begin(), phi.end(), centre.begin(), 0.0);
                       });
}

template <Scalar T>
Archive MeanEmbedding<T>::save() const {
  Archive archive;
  feature_map::save_map(map_, archive);
  archive.metadata["kind"] = kEmbeddingKind;
  archive.metadata["num_rows"] = std::to_string(num_rows_);
  archive.arrays.insert_or_assign("sums", row_matrix(sums_));
  archive.arrays.insert_or_assign("totals",
                                  row_matrix(std::array{weight_, weight2_, lengths_, lengths2_}));
  require_finite(archive);
  return archive;
}

template <Scalar T>
MeanEmbedding<T> MeanEmbedding<T>::load(const Archive& archive) {
  require_kind(kEmbeddingLoad, archive, kEmbeddingKind);
  return MeanEmbedding(feature_map::load_map<T>(archive,
                                                [&](const FeatureMapSpec& spec) {
                                                  static_cast<void>(
                                                      load_vector(archive, "sums",
                                                                  bochner::num_features(spec)));
                                                }))
      .restored(archive);
}

template <Scalar T>
MeanEmbedding<T> MeanEmbedding<T>::load(FeatureMap<T> map, const Archive& archive) {
  require_kind(kEmbeddingLoad, archive, kEmbeddingKind);
  feature_map::require_map(kEmbeddingLoad, map, archive);
  return MeanEmbedding(std::move(map)).restored(archive);
}

template <Scalar T>
MeanEmbedding<T> MeanEmbedding<T>::restored(const Archive& archive) {
  sums_ = load_vector(archive, "sums", map_.num_features());
  const std::vector<double> totals = load_vector(archive, "totals", 4);
  num_rows_ = archive.count("num_rows");
  weight_ = totals[0];
  weight2_ = totals[1];
  lengths_ = totals[2];
  lengths2_ = totals[3];
  const bool whole = weight_ > 0.0 && weight2_ > 0.0 && lengths_ >= 0.0 && lengths2_ >= 0.0;
  const bool nothing = std::all_of(totals.begin(), totals.end(), [](double t) { return t == 0.0; });
  if (num_rows_ > 0 ? !whole : !nothing) {
    kEmbeddingLoad.refuse("'totals' are no sums over " + std::to_string(num_rows_) + " rows");
  }
  return std::move(*this);
}

template class MeanEmbedding<float>;
template class MeanEmbedding<double>;

}  // namespace bochner
