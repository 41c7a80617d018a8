// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/archive.hpp>
#include <bochner/core/execution.hpp>
#include <bochner/core/field.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/core/view.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>

#include <span>
#include <tuple>
#include <vector>

/// \file
/// Means of features, and the distance between two of them.

namespace bochner {

/// How far two laws are apart in the kernel's space, from weighted rows of both.
struct EmbeddingDistance {
  /// The unbiased estimate of MMD^2 [Gretton12, eq. 3]: negative where the samples are closer than
  /// two of one law are on average.
  double squared = 0.0;
  double distance = 0.0;  ///< its root, or 0 below
  /// sqrt(tr Sigma_x / n + tr Sigma_y / l): the root mean square length of what the difference of
  /// the two means owes to the choice of rows: how far the distance is off, about. n and l count
  /// rows by weight, (sum w)^2 / sum w^2.
  double error = 0.0;

  static constexpr auto fields() {
    return std::tuple{Field{"squared", &EmbeddingDistance::squared},
                      Field{"distance", &EmbeddingDistance::distance},
                      Field{"error", &EmbeddingDistance::error}};
  }
};

/// sum_i w_i phi(x_i), and the four sums that distances need besides: the embedding of a sample, or
/// of the recent part of a stream, into the kernel's space [Gretton12]. A monoid: sums of parts are
/// the sums of the whole. Rows enter with weight 1; `decay` makes those that are in count less. D +
/// 4 numbers, whatever the number of rows.
///
/// Sums are in double, row after row: the same bits for any number of threads and any batching.
///
/// ```cpp
/// const FeatureMap<double> map({.input_dim = 2, .num_frequencies = 64, .seed = {1}});
/// Matrix<double> x(500, 2);
/// Stream({2}, Purpose::study).normals(0, {x.data(), 1000});
/// MeanEmbedding<double> first(map), second(map);
/// first.add(x.view().middle_rows(0, 250));
/// second.add(x.view().middle_rows(250, 250));
/// const EmbeddingDistance apart = first.distance(second);  // about 0, +- apart.error
/// first.merge(second);                                     // the mean of all 500 rows
/// ```
template <Scalar T>
class MeanEmbedding {
 public:
  /// Throws InvalidArgument when the map's transform treats its sides differently.
  explicit MeanEmbedding(FeatureMap<T> map);

  /// Appends the rows of x, n x input_dim, all of them or none. O(n (m d + D)). Throws
  /// InvalidArgument as `features`.
  void add(MatrixView<const T> x, const Execution& execution = {});
  /// Adds the sums of `other`, as if its rows had been appended, to rounding. Throws
  /// InvalidArgument when maps differ.
  void merge(const MeanEmbedding& other);
  /// Takes the sums of `other` away again, to rounding: a window slides when rows that leave it are
  /// subtracted. Throws InvalidArgument when maps differ, or when `other` has more rows or weight.
  void subtract(const MeanEmbedding& other);
  /// Multiplies the weights of all rows by `factor`, in (0, 1]: forgetting with a half-life of -ln
  /// 2 / ln factor calls. Throws InvalidArgument for another factor, and when no weight would be
  /// left in the range of double.
  void decay(double factor);

  const FeatureMap<T>& map() const noexcept { return map_; }
  /// Rows added, those subtracted not counted.
  Index num_rows() const noexcept { return num_rows_; }
  /// sum_i w_i
  double weight() const noexcept { return weight_; }
  /// (sum w)^2 / sum w^2; 0 without rows.
  double effective_rows() const noexcept;

  /// sum_i w_i phi(x_i) / sum_i w_i, D numbers. Throws InvalidArgument without rows.
  std::vector<double> mean() const;
  /// From this sample to another one. O(D). Throws InvalidArgument when maps differ, and when
  /// either sample has fewer than two rows that count.
  EmbeddingDistance distance(const MeanEmbedding& other) const;
  /// out_r = sum_i w_i k^(x_r, x_i) / sum_i w_i at the rows of x: a kernel density estimate but for
  /// the kernel's integral ((2 pi)^(d/2) times the lengthscales for a Gaussian kernel), which a
  /// caller divides by. Small negative values are errors of the features. O(rows (m d + D)). Throws
  /// InvalidArgument without rows, on another shape, and as `features`.
  void density(MatrixView<const T> x, std::span<double> out, const Execution& execution = {}) const;

  /// The sums as words and arrays: exact.
  Archive save() const;
  /// The inverse, with the map that the archive names. Throws InvalidArgument when it does not hold
  /// an embedding, or one of another scalar, saying what is wrong.
  static MeanEmbedding load(const Archive& archive);
  /// The same on a map that was drawn already, which must be the one named.
  static MeanEmbedding load(FeatureMap<T> map, const Archive& archive);

 private:
  void combine(const MeanEmbedding& other, double sign);
  MeanEmbedding restored(const Archive& archive);

  FeatureMap<T> map_;
  std::vector<double> sums_;  ///< sum w phi
  double weight_ = 0.0;       ///< sum w
  double weight2_ = 0.0;      ///< sum w^2
  double lengths_ = 0.0;      ///< sum w |phi|^2
  double lengths2_ = 0.0;     ///< sum w^2 |phi|^2
  Index num_rows_ = 0;
};

extern template class BOCHNER_EXPORT MeanEmbedding<float>;
extern template class BOCHNER_EXPORT MeanEmbedding<double>;

}  // namespace bochner
