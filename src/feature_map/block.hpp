// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/feature_map.hpp"
#include "feature_map/side_terms.hpp"
#include "features/stage.hpp"
#include "projection/operator.hpp"
#include "simd/engine.hpp"

#include <array>
#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// \file
/// The block form of a feature map: at most 64 rows at a time, in the engine's layout, unchecked.

namespace bochner::feature_map {

/// Scratch space for one thread.
template <Scalar T>
class BlockWorkspace {
 public:
  /// For blocks of at most `rows` rows.
  explicit BlockWorkspace(const BlockMap<T>& map, Index rows = simd::kBlockRows);

 private:
  friend class BlockMap<T>;
  Matrix<T> x_;         ///< packed rows: centred, transformed
  Matrix<T> raw_;       ///< rows before a full transform, cotangents of packed rows
  Matrix<T> work_;      ///< the widest block of the feature stage
  Matrix<T> dp_;        ///< cotangents of projections
  Matrix<T> scratch_;   ///< the projection's
  double longest_row_;  ///< |x~| beyond which projections could overflow
  std::array<double, simd::kBlockRows> squared_norm_{};
  std::array<double, simd::kBlockRows> amplitude_{};
  std::array<double, simd::kBlockRows> damplitude_{};
  std::array<double, simd::kBlockRows> largest_log_{};
};

/// The frequencies of a spec's map. Throws InvalidArgument when the spec is not valid.
FrequencyDraw draw(const FeatureMapSpec& spec);

}  // namespace bochner::feature_map

namespace bochner {

/// What a feature map does to a block of rows. Features have leading dimension `ld()`;
/// 64-byte aligned buffers are the fastest. NaN and infinity in a row stay in that row. Nothing
/// here throws.
template <Scalar T>
class BlockMap {
 public:
  explicit BlockMap(const FeatureMapSpec& spec);
  /// The same map, from a draw for a spec of the same dimension, number of frequencies, kernel,
  /// projection and seed (for products of projections, also feature function).
  BlockMap(const FeatureMapSpec& spec, const FrequencyDraw& draw);
  /// The map of `wide`'s spec, from the frequencies that it holds: what is rounded to float is a
  /// double anyway.
  explicit BlockMap(const BlockMap<double>& wide) requires std::same_as<T, float>;

  const FeatureMapSpec& spec() const noexcept { return spec_; }
  Index input_dim() const noexcept { return spec_.input_dim; }
  Index num_frequencies() const noexcept { return spec_.num_frequencies; }
  Index num_features() const noexcept { return num_features_; }
  /// Leading dimension of feature blocks: num_features rounded up to whole panels.
  Index ld() const noexcept { return simd::padded<T>(num_features()); }
  /// Whether features are positive exponentials, so that log-features exist.
  bool exponential() const noexcept { return stage_->exponential(); }

  /// The log-amplitudes of the rows of x (at most 64), and what `largest_log` says of them: what
  /// the four below start from.
  void measure(Side side, MatrixView<const T> x, double* offset,
               feature_map::BlockWorkspace<T>& workspace) const noexcept;

  /// phi[r * ld() + j] 2^exponent[r] for the rows of x (at most 64).
  void features(Side side, MatrixView<const T> x, T* phi, std::int32_t* exponent,
                feature_map::BlockWorkspace<T>& workspace) const noexcept;

  /// Exponential maps: log2 of feature (r, j) is log_phi[r * ld() + j] + offset[r].
  void log_features(Side side, MatrixView<const T> x, T* log_phi, double* offset,
                    feature_map::BlockWorkspace<T>& workspace) const noexcept;

  /// dx = gradient of sum dphi phi with exponents held fixed; dphi has leading dimension ld().
  void pull_features(Side side, MatrixView<const T> x, const T* dphi, MatrixView<T> dx,
                     feature_map::BlockWorkspace<T>& workspace) const noexcept;

  /// Exponential maps: dx from the cotangents of the base-2 log-features (offset included).
  void pull_log_features(Side side, MatrixView<const T> x, const T* dlog, MatrixView<T> dx,
                         feature_map::BlockWorkspace<T>& workspace) const noexcept;

  /// After any of the five above: a bound on |log2 feature - offset| of row r where the map is
  /// exponential, otherwise 0; infinite where projections could overflow, NaN where the row
  /// holds one.
  static double largest_log(Index r, const feature_map::BlockWorkspace<T>& workspace);

  /// After any of the four above: the first row of the same x that they could not represent, with
  /// the reason, or nothing. The text counts rows from `first_row`.
  static std::optional<std::string> refusal(MatrixView<const T> x, Index first_row,
                                            const feature_map::BlockWorkspace<T>& workspace);

  Matrix<double> frequencies(Side side) const;

 private:
  friend class feature_map::BlockWorkspace<T>;
  template <Scalar>
  friend class BlockMap;

  /// How rows of one side become x~.
  struct Packing {
    SideTerms<T> terms;           ///< whose constant includes the stage's factor
    std::vector<T> column_scale;  ///< of a diagonal transform
    Matrix<T> full;               ///< a full transform, packed as A^T
    Matrix<T> full_transposed;    ///< and as A

    bool is_full() const noexcept { return column_scale.empty(); }
  };
  static Packing make_packing(const SideTerms<T>& terms);
  const Packing& packing(Side side) const noexcept { return side == Side::query ? query_ : key_; }
  /// From what a draw says, for spec_ and law_.
  template <class MakeOperator, class Norms>
  void build(double largest_scale, const MakeOperator& make_operator, const Norms& norms);
  void pack(Side side, MatrixView<const T> x,
            feature_map::BlockWorkspace<T>& workspace) const noexcept;
  /// |x~|^2 of a packed row.
  double unstretched_square(const T* row, double squared_norm) const noexcept;
  void unpack_gradient(Side side, MatrixView<T> dx,
                       feature_map::BlockWorkspace<T>& workspace) const noexcept;

  FeatureMapSpec spec_;
  StandardForm kernel_;
  FrequencyLaw law_;
  StageInput input_;
  std::unique_ptr<const ProjectionOperator<T>> projection_;
  std::unique_ptr<const FeatureStage<T>> stage_;
  Index num_features_ = 0;
  double longest_row_ = 0.0;  ///< |x~| beyond which projections could overflow
  Packing query_;
  Packing key_;
  std::vector<double> square_weights_;   ///< |x~|^2 from stretched rows; empty where none are
  double largest_scale_ = 0.0;           ///< of the frequencies
  std::optional<FrequencyNorms> norms_;  ///< of the frequencies, where the stage asked for them
};

}  // namespace bochner
