// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/execution.hpp>
#include <bochner/core/field.hpp>
#include <bochner/core/view.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>

#include <array>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <tuple>

/// \file
/// Attention through random features: linear in the length of the sequence.

namespace bochner {

/// Queries, keys and values as (batch, heads, length, dimension), any strides. Key and value heads
/// divide the query heads: query head h reads key head h / (heads / key_heads), so one key head is
/// multi-query attention.
template <Scalar T>
struct AttentionInputs {
  TensorView<const T, 4> queries;  ///< batch x heads x L x d
  TensorView<const T, 4> keys;     ///< batch x key_heads x S x d
  TensorView<const T, 4> values;   ///< batch x key_heads x S x d_v
};

/// Gradients with respect to the three inputs, each of its input's extents; those without data are
/// not computed.
template <Scalar T>
struct AttentionGradients {
  TensorView<T, 4> queries;
  TensorView<T, 4> keys;
  TensorView<T, 4> values;
};

enum class Mask {
  none,   ///< every query sees every key
  causal  ///< query i sees the keys j <= i + query_offset
};
constexpr std::array<std::string_view, 2> names_of(Mask) { return {"none", "causal"}; }

/// Arithmetic of the two large products, phi^T V and phi S.
enum class Products {
  full,     ///< the scalar's
  bfloat16  ///< factors rounded to bfloat16, sums in float; float inputs only. Gradients ignore it.
};
constexpr std::array<std::string_view, 2> names_of(Products) { return {"full", "bfloat16"}; }

/// Which keys a query sees, and how the products are done.
struct AttentionOptions {
  Mask mask = Mask::none;
  /// Position of query 0 among the keys, for `Mask::causal`: S - L when the queries are the last L
  /// of S positions (decoding with a cache). May be negative. In packed sequences it counts inside
  /// each of them.
  Index query_offset = 0;
  /// batch x S, true for live keys; empty means that all are. Keys that are not live are never
  /// read: whatever they and their values hold, no bit of the output changes.
  MatrixView<const bool> key_mask{};
  /// One length per batch entry: keys from there on are not live. Empty means S. Not together with
  /// `key_mask`.
  std::span<const Index> key_lengths{};
  /// Packed sequences of various lengths, for a batch of 1: 0 = b_0 <= b_1 <= ... <= b_n = L, and
  /// queries b_i .. b_(i+1) - 1 see only the keys of the same sequence. Empty means one sequence.
  std::span<const Index> cu_seqlens{};
  /// The same for the keys, ending at S; empty means equal to `cu_seqlens`.
  std::span<const Index> cu_seqlens_keys{};
  Products products = Products::full;
  /// Batch x heads x L x S (strides may be 0), true where a query may see a key. This and `window`
  /// act on the weights themselves, which linear attention never forms: exact attention honours
  /// both, `attention` refuses them.
  TensorView<const bool, 4> allowed{};
  /// Query i sees only the keys j > i + query_offset - window; 0 sets no window.
  Index window = 0;

  static constexpr auto fields() {
    return std::tuple{Field{"mask", &AttentionOptions::mask},
                      Field{"query_offset", &AttentionOptions::query_offset},
                      Field{"products", &AttentionOptions::products},
                      Field{"window", &AttentionOptions::window}};
  }
  static constexpr auto borrowed() {
    return std::tuple{Field{"key_mask", &AttentionOptions::key_mask},
                      Field{"key_lengths", &AttentionOptions::key_lengths},
                      Field{"cu_seqlens", &AttentionOptions::cu_seqlens},
                      Field{"cu_seqlens_keys", &AttentionOptions::cu_seqlens_keys},
                      Field{"allowed", &AttentionOptions::allowed}};
  }
};

/// What happened, summed over all rows of the output.
struct AttentionReport {
  Index empty_rows = 0;  ///< rows that see no key: zeros
  /// Rows whose normaliser was zero, because every product of a query feature and a key feature is
  /// zero (signed and rectified maps only): zeros
  Index underflowed_rows = 0;
  /// Rows whose normaliser was negative (signed maps only): the output is whatever the division
  /// gives, and means little.
  Index negative_rows = 0;
  /// Rows that hold a NaN or an infinity: they see one, or sums overflowed.
  Index nonfinite_rows = 0;
  /// The products that ran: "float", "double", "bfloat16", or "bfloat16 (emulated)" where the
  /// machine has no such instruction and rounded factors were multiplied in float.
  std::string arithmetic;

  static constexpr auto fields() {
    return std::tuple{Field{"empty_rows", &AttentionReport::empty_rows},
                      Field{"underflowed_rows", &AttentionReport::underflowed_rows},
                      Field{"negative_rows", &AttentionReport::negative_rows},
                      Field{"nonfinite_rows", &AttentionReport::nonfinite_rows},
                      Field{"arithmetic", &AttentionReport::arithmetic}};
  }
};

/// "products in float; rows without a key: 3": what the report counts, where it is not zero.
BOCHNER_EXPORT std::string to_text(const AttentionReport& report);
BOCHNER_EXPORT std::ostream& operator<<(std::ostream& out, const AttentionReport& report);

/// Attention by random features [Choromanski21, sec. 2.3]: with phi of `map`,
///   out_i = sum_j (phi(q_i).phi(k_j)) v_j / sum_j phi(q_i).phi(k_j)
/// over the keys that query i sees; for a softmax kernel an estimate of softmax(scale Q K^T) V.
/// The scale is the kernel's (`SoftmaxKernel::for_dimension(d)` gives 1 / sqrt(d)). `out` is batch
/// x heads x L x d_v and must not overlap the inputs.
///
/// O((L + S) D (d + d_v)) per head, memory O(D d_v) per head in progress. Exponential maps are
/// stabilised feature by feature with powers of two, so that no row underflows at any norm. The
/// same bits for any number of threads and any grouping of batch entries and heads; with
/// `Mask::causal`, row i has the same bits whatever comes after it. A NaN or infinity in a live key
/// or value reaches the rows that see it and no other.
///
/// Throws InvalidArgument when extents do not fit, options contradict each other, `out` overlaps an
/// input, a row is too long for the map (|x|^2 beyond about 1e8, less for OPRF features with a
/// large parameter; or projections that overflow), or a value is beyond 2^100 (double: 2^996).
/// Whatever else leaves the range is counted in the report.
template <Scalar T>
AttentionReport attention(const FeatureMap<T>& map, const AttentionInputs<T>& inputs,
                          TensorView<T, 4> out, const AttentionOptions& options = {},
                          const Execution& execution = {});

extern template BOCHNER_EXPORT AttentionReport attention<float>(const FeatureMap<float>&,
                                                                const AttentionInputs<float>&,
                                                                TensorView<float, 4>,
                                                                const AttentionOptions&,
                                                                const Execution&);
extern template BOCHNER_EXPORT AttentionReport attention<double>(const FeatureMap<double>&,
                                                                 const AttentionInputs<double>&,
                                                                 TensorView<double, 4>,
                                                                 const AttentionOptions&,
                                                                 const Execution&);

}  // namespace bochner
