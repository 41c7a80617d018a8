// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/regression/training_rows.hpp>
#include <bochner/core/archive.hpp>
#include <bochner/core/execution.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>

#include <vector>

/// \file
/// The sufficient statistics of linear least squares in feature space.

namespace bochner {

struct NormalEquationsOptions {
  Index num_targets = 1;  ///< t, at least 1
  /// Subtracted from the targets before anything is summed: num_targets finite numbers, or nothing
  /// for zeros. Something near their means: sums of squares of targets far from zero would leave
  /// few digits for the residuals. Results are in the targets' own units all the same, and the same
  /// but for rounding: with Intercept::none theta . phi is fitted to the targets themselves, not to
  /// what the offset leaves of them.
  std::vector<double> target_offset;
  friend bool operator==(const NormalEquationsOptions&, const NormalEquationsOptions&) = default;
};

/// The moments M = sum_i w_i z_i z_i^T of the rows z_i = [phi(x_i), y_i - offset, 1]: all that
/// ridge regression, its evidence and its cross-validation need, of size (D + t + 1)^2 whatever the
/// number of rows. A monoid: sums of parts are the sums of the whole.
///
/// Features are in T; everything after them is summed in double: a ridge below the rounding of the
/// sums could not be distinguished from none, and in float that is every ridge below 1e-7 of mean
/// |phi|^2. Products are summed over 256 rows and folded, counted from the first row of the stream;
/// rows that do not fill such a block wait. So `add` gives the same bits however rows are batched,
/// for any number of threads. O(n (D^2 + m d)) time.
///
/// ```cpp
/// const FeatureMap<double> map({.input_dim = 2, .num_frequencies = 64, .seed = {1}});
/// Matrix<double> x(500, 2), y(500, 1);
/// Stream({2}, Purpose::study).normals(0, {x.data(), 1000});
/// NormalEquations<double> sums(map), others(map);
/// sums.add({x.view().middle_rows(0, 250), y.view().middle_rows(0, 250)});
/// others.add({x.view().middle_rows(250, 250), y.view().middle_rows(250, 250)});
/// sums.merge(others);  // the sums of all 500 rows
/// ```
template <Scalar T>
class NormalEquations {
 public:
  /// Throws InvalidArgument on options out of range.
  explicit NormalEquations(FeatureMap<T> map, NormalEquationsOptions options = {});

  /// Appends rows, all of them or none: throws InvalidArgument, before anything has changed, on
  /// shapes that do not match, on NaN or infinity (naming row and column), on a weight that is
  /// not in [0, 1e100], on a target further than 1e152 from its offset, and when a row is too long
  /// for the map. (Features of more than 1,024 rows are made twice for that: once to see that they
  /// exist. With `Execution::poll`, sums are copied, so that what it throws leaves them as they
  /// were.)
  void add(const TrainingRows<T>& rows, const Execution& execution = {});

  /// Adds the sums of `other`, as if its rows had been appended: bit for bit when this holds a
  /// whole number of blocks and the sums are exact, to rounding (1e-12) otherwise. Rows added later
  /// begin a block. Throws InvalidArgument when maps or options differ.
  void merge(const NormalEquations& other, const Execution& execution = {});

  /// Takes the sums of `other` away again, to rounding; its rows must have been scaled as those
  /// here were. Throws InvalidArgument when maps or options differ, or when `other` has more rows.
  void subtract(const NormalEquations& other, const Execution& execution = {});

  /// Multiplies the weights of all rows that are in by `factor`, in (0, 1]: forgetting. Fits after
  /// it are those of the rows with these weights, to rounding. O(D^2). Throws InvalidArgument for
  /// another factor, and when weights would vanish.
  void scale(double factor);

  const FeatureMap<T>& map() const noexcept { return map_; }
  const NormalEquationsOptions& options() const noexcept { return options_; }
  Index num_features() const noexcept { return map_.num_features(); }
  Index num_targets() const noexcept { return options_.num_targets; }
  /// Rows of positive weight.
  Index num_rows() const noexcept { return num_rows_; }
  /// Sum of ln w_i over them, which the evidence needs.
  double log_weights() const noexcept { return log_weights_; }

  /// M, (D + t + 1) rows padded to whole cache lines; what is above the diagonal is not defined.
  Matrix<double> moments(const Execution& execution = {}) const;

  /// Everything, pending rows included: a loaded state goes on to the same bits. Throws
  /// InvalidArgument when a sum has overflowed: `load` would.
  Archive save() const;
  /// Throws InvalidArgument when the archive does not hold one of these, saying what is wrong.
  static NormalEquations load(const Archive& archive);
  /// The same with a map that is drawn already and is shared, where `load(archive)` draws its own.
  /// Throws as that, and when the archive has another map.
  static NormalEquations load(const FeatureMap<T>& map, const Archive& archive);

 private:
  static NormalEquations restored(const FeatureMap<T>& map, const Archive& archive);
  Index num_columns() const noexcept { return num_features() + num_targets() + 1; }
  void add_moments(const Matrix<double>& moments, double sign) noexcept;
  void add_checked(const TrainingRows<T>& rows, Index whole_blocks, const Execution& execution);
  void count(const TrainingRows<T>& rows) noexcept;

  FeatureMap<T> map_;
  NormalEquationsOptions options_;
  Index num_rows_ = 0;
  double log_weights_ = 0.0;
  Matrix<double> sums_;
  Matrix<double> pending_;  ///< rows that wait: sqrt(w) z
  Index num_pending_ = 0;
};

extern template class BOCHNER_EXPORT NormalEquations<float>;
extern template class BOCHNER_EXPORT NormalEquations<double>;

}  // namespace bochner
