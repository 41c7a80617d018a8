// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/execution.hpp>
#include <bochner/core/field.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/core/view.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>

#include <optional>
#include <tuple>
#include <vector>

/// \file
/// Changes in the law of a stream of rows.

namespace bochner {

struct ChangeDetectorOptions {
  /// The probability, at most, that a stretch of rows of one law is ever taken for a change: above
  /// 0 and below 1.
  double false_alarm_rate = 0.01;
  /// What |phi(x)|^2 never exceeds: 1 for trigonometric features of a kernel with k(x, x) = 1.
  double largest_square = 1.0;

  static constexpr auto fields() {
    return std::tuple{Field{"false_alarm_rate", &ChangeDetectorOptions::false_alarm_rate},
                      Field{"largest_square", &ChangeDetectorOptions::largest_square}};
  }
};

/// A change that was found. Rows are counted from 0 over the whole stream.
struct Change {
  Index found = 0;         ///< the row at which it was
  Index position = 0;      ///< the first row of the new law, as far as the grid resolves it
  double distance = 0.0;   ///< |mean phi before - mean phi after|
  double threshold = 0.0;  ///< what it exceeds

  static constexpr auto fields() {
    return std::tuple{Field{"found", &Change::found}, Field{"position", &Change::position},
                      Field{"distance", &Change::distance}, Field{"threshold", &Change::threshold}};
  }
};

/// Watches a stream for a change of its law, whatever it is, as far as the kernel sees it: the
/// means of the features before and after each point of a dyadic grid are compared at every row
/// [Kalinke25]. Rows are kept as sums over one or two runs of each length 1, 2, 4, ..., so that the
/// length of the recent part is resolved to a factor of two: O(D log n) time per row, and as many
/// numbers.
///
/// After n independent rows, before and after of lengths p and q are a change when
///   |mean phi before - mean phi after| > sqrt(B (1/p + 1/q)) (1 + sqrt(2 ln(n (n - 1) S /
///   alpha))),
/// B = largest_square, S the number of points compared, alpha the false alarm rate. The
/// difference's mean length is at most sqrt(B (1/p + 1/q)) under one law, and the rest is
/// McDiarmid's inequality [McDiarmid89] with a share alpha / (n (n - 1) S) for every comparison,
/// whose sum is alpha: the rate holds for any law, dimension and number of rows, and for each of
/// the frequencies' draws. It is held with room to spare. What is seen of a change is |mu - mu'| >
/// threshold: it is found once some q rows have come with sqrt(1/q) below |mu - mu'| / 7 or so.
/// After a change everything begins anew with the next row.
///
/// The same bits for any number of threads and any batching.
///
/// ```cpp
/// const FeatureMap<double> map({.input_dim = 1, .num_frequencies = 64, .seed = {1}});
/// Matrix<double> x(2000, 1);
/// Stream({2}, Purpose::study).normals(0, {x.data(), 2000});
/// for (Index i = 1000; i < 2000; ++i) x(i, 0) += 2.0;
/// ChangeDetector<double> detector(map);
/// const std::vector<Change> changes = detector.add(x.view());  // one, at row 1000 or so
/// ```
template <Scalar T>
class ChangeDetector {
 public:
  /// Throws InvalidArgument on options out of range, and when the map's transform treats its sides
  /// differently.
  explicit ChangeDetector(FeatureMap<T> map, ChangeDetectorOptions options = {});

  /// Appends the rows of x, n x input_dim, all of them or none, and returns the changes found on
  /// the way. O(rows (m d + D log n)). Throws InvalidArgument as `features`, and for a row with
  /// |phi|^2 above largest_square.
  std::vector<Change> add(MatrixView<const T> x, const Execution& execution = {});

  const FeatureMap<T>& map() const noexcept { return map_; }
  const ChangeDetectorOptions& options() const noexcept { return options_; }
  /// All rows so far.
  Index num_rows() const noexcept { return num_rows_; }
  /// Those since the last change.
  Index rows_since_change() const noexcept { return stretch_; }

 private:
  /// The features of consecutive rows, summed.
  struct Run {
    Index rows;
    std::vector<double> sum;
  };

  void push(std::vector<double> phi);
  std::optional<Change> compare() const;

  FeatureMap<T> map_;
  ChangeDetectorOptions options_;
  std::vector<Run> runs_;  ///< the oldest and longest first
  Index num_rows_ = 0;
  Index stretch_ = 0;
};

extern template class BOCHNER_EXPORT ChangeDetector<float>;
extern template class BOCHNER_EXPORT ChangeDetector<double>;

}  // namespace bochner
