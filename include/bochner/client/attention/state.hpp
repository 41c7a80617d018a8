// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/attention/attention.hpp>
#include <bochner/core/archive.hpp>

#include <memory>
#include <span>
#include <vector>

/// \file
/// Attention over keys that keep coming: decoding and streams.

namespace bochner {

/// Which keys of a call are live, in a batch of sequences of various lengths, and the gates of
/// these. The others, their values and gates are never read: a state goes on as if they had not
/// been handed over.
struct LiveKeys {
  /// batch x n, true for live keys; empty means that all are.
  MatrixView<const bool> key_mask{};
  /// One length per batch entry: keys of this call from there on are not live. Empty means n. Not
  /// together with `key_mask`.
  std::span<const Index> key_lengths{};
  /// Batch x key_heads x n, as `AttentionOptions::gates`: what all keys before one are multiplied
  /// by when it comes, those of earlier calls as well. Without data 1.
  TensorView<const double, 3> gates{};
};

/// What a state weighs exactly, and how weights fade: as `ExactPairs`, `Rest` (not means) and
/// `AttentionOptions::decay` say of causal attention.
struct AttentionStateOptions {
  Index window = 0;
  Index first_keys = 0;
  Rest rest = Rest::features;
  std::vector<double> decay{};  ///< one rate per key head; empty means none

  static constexpr auto fields() {
    return std::tuple{Field{"window", &AttentionStateOptions::window},
                      Field{"first_keys", &AttentionStateOptions::first_keys},
                      Field{"rest", &AttentionStateOptions::rest},
                      Field{"decay", &AttentionStateOptions::decay}};
  }
  friend bool operator==(const AttentionStateOptions&, const AttentionStateOptions&) = default;
};

/// What attention remembers of the keys and values it has seen, for each batch entry and key head:
/// the sums of phi(k) v^T and phi(k), compensated, and up to 64 keys that are still separate.
/// Constant memory, about 2 D d_v + 64 (2 D + d_v) scalars per head; O(D d_v) per key and per
/// query. With a window, its keys and values are kept as they are until they leave it for the sums,
/// and so are the first keys, for good: (2 window + 512 + first_keys) (d + d_v) scalars more at
/// most, O(window (d + d_v)) more per query.
///
/// ```cpp
/// const FeatureMap<float> map({.input_dim = 8, .num_frequencies = 64, .kernel = SoftmaxKernel{},
///                              .features = PositiveFeatures{}, .seed = {1}});
/// AttentionState<float> state(map, 1, 1, 8);  // one sequence, one head
/// std::vector<float> tokens(20 * 8, 0.1f), out(20 * 8);
/// const TensorView<const float, 4> prompt(tokens.data(), {1, 1, 20, 8});
/// state.advance({prompt, prompt, prompt}, {out.data(), {1, 1, 20, 8}});  // all 20 tokens
/// const TensorView<const float, 4> token(tokens.data(), {1, 1, 1, 8});
/// state.advance({token, token, token}, {out.data(), {1, 1, 1, 8}});  // and one more
/// ```
///
/// `advance` has the same bits as causal `attention` over all that was appended, however it was cut
/// into calls, as long as nothing was merged. Keys that are not live (`LiveKeys`) leave no trace: a
/// batch padded on any side has the bits of each of its entries alone, without padding. Rows of
/// `Half` and `BFloat16` come in through the functions of narrow.hpp.
template <Scalar T>
class AttentionState {
 public:
  /// Throws InvalidArgument when an extent is negative (value_dim: below 1).
  AttentionState(const FeatureMap<T>& map, Index batch, Index key_heads, Index value_dim);
  /// maps[h] for key head h and the query heads that read it. Throws InvalidArgument also unless
  /// there is one map for each key head.
  AttentionState(std::span<const FeatureMap<T>> maps, Index batch, Index key_heads,
                 Index value_dim);
  /// The same with exact weights or decay. Throws InvalidArgument also when options are out of
  /// range, or the kernel of exact weights is neither softmax nor Gaussian.
  AttentionState(const FeatureMap<T>& map, Index batch, Index key_heads, Index value_dim,
                 const AttentionStateOptions& options);
  AttentionState(std::span<const FeatureMap<T>> maps, Index batch, Index key_heads, Index value_dim,
                 const AttentionStateOptions& options);
  AttentionState(const AttentionState& other);
  AttentionState(AttentionState&& other) noexcept;
  AttentionState& operator=(const AttentionState& other);
  AttentionState& operator=(AttentionState&& other) noexcept;
  ~AttentionState();

  const AttentionStateOptions& options() const noexcept;
  /// Keys seen so far by the batch entry that has seen most, the same for all heads.
  Index length() const noexcept;
  /// Keys seen so far by each batch entry: live ones only, so that lengths[b] is the position of
  /// the next.
  std::vector<Index> lengths() const;

  /// Takes in keys (batch x key_heads x n x d) and values (batch x key_heads x n x d_v). Throws
  /// InvalidArgument on extents that do not fit, on rows too long for the map and on values too
  /// large (as `attention`); the state is then unchanged.
  void append(TensorView<const T, 4> keys, TensorView<const T, 4> values,
              const Execution& execution = {});
  /// Takes in the live ones. Throws also when `live` does not fit.
  void append(TensorView<const T, 4> keys, TensorView<const T, 4> values, const LiveKeys& live,
              const Execution& execution = {});

  /// Each query (batch x heads x L x d, key_heads dividing heads) attends to all keys seen so far;
  /// out is batch x heads x L x d_v. Throws as `attention`.
  AttentionReport attend(TensorView<const T, 4> queries, TensorView<T, 4> out,
                         const Execution& execution = {}) const;

  /// Appends keys and values and lets query i attend up to key i of this call: `append` and
  /// `attend` key by key. As many queries as keys. Throws as both do.
  AttentionReport advance(const AttentionInputs<T>& inputs, TensorView<T, 4> out,
                          const Execution& execution = {});
  /// Takes in the live ones; query i sees those up to key i of this call, whether or not key i is
  /// live itself: zeros where there are none, as in a batch padded on the left. Throws also when
  /// `live` does not fit.
  AttentionReport advance(const AttentionInputs<T>& inputs, TensorView<T, 4> out,
                          const LiveKeys& live, const Execution& execution = {});

  /// Takes in what `next` has seen, as if its keys had been appended here; sums then agree to
  /// rounding. Throws InvalidArgument when `next` is of other maps or other extents.
  void merge(const AttentionState& next);

  /// Forgets everything.
  void reset();

  /// The state whose batch entry i has seen what entry batch[i] of this one has: entries may come
  /// several times, in any order, or not at all, as the beams of a search do when some go on and
  /// others end. Each goes on with the bits that its origin would have. Throws InvalidArgument when
  /// an entry is not one of this state's batch.
  AttentionState select(std::span<const Index> batch) const;

  /// The state as words and arrays: exact.
  Archive save() const;
  /// The inverse. Throws InvalidArgument when the archive is not a whole state, is one of another
  /// map or scalar, or holds a NaN or an infinity.
  static AttentionState load(const FeatureMap<T>& map, const Archive& archive);
  /// The inverse for a state with a map per key head.
  static AttentionState load(std::span<const FeatureMap<T>> maps, const Archive& archive);

 private:
  class Impl;
  explicit AttentionState(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

extern template class BOCHNER_EXPORT AttentionState<float>;
extern template class BOCHNER_EXPORT AttentionState<double>;

}  // namespace bochner
