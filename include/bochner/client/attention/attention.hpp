// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/execution.hpp>
#include <bochner/core/field.hpp>
#include <bochner/core/narrow.hpp>
#include <bochner/core/view.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>

#include <array>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

/// \file
/// Attention through random features: linear in the length of the sequence.

namespace bochner {

/// Queries, keys and values as (batch, heads, length, dimension), any strides. Key and value heads
/// divide the query heads: query head h reads key head h / (heads / key_heads), so one key head is
/// multi-query attention.
template <Stored T>
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
  /// With respect to `AttentionOptions::gates`, of their extents: 0 where a gate is between no two
  /// keys that a query sees, and where it is 0 itself, since what comes before it is not read.
  TensorView<double, 3> gates{};
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

/// How the rows of a head are cut into blocks of neighbours.
enum class BlockOrder {
  given,  ///< one after the other
  bisection  ///< by recursive bisection along principal axes; not with `Mask::causal`
};
constexpr std::array<std::string_view, 2> names_of(BlockOrder) { return {"given", "bisection"}; }

/// Blocks of neighbouring queries and keys. Each block of queries weighs whole blocks of keys
/// exactly: those with the largest estimate of their mass
///   sum_q softmax_b(q.mu_b + q^T diag(var_b) q / 2 + log n_b),
/// mu_b and var_b being the mean and the variances of the n_b keys of block b after the kernel's
/// scaling (with a Gaussian kernel, its moments to second order). With `Mask::causal` the first
/// query of a block decides, so that no later row does, and blocks of keys that not all its queries
/// see are weighed exactly, too.
struct KeyBlocks {
  Index count = 0;  ///< blocks of keys for each block of queries; as many as there are at most
  Index query_rows = 16;  ///< 16, 32 or 64
  Index key_rows = 16;    ///< 16, 32 or 64
  BlockOrder order = BlockOrder::given;

  static constexpr auto fields() {
    return std::tuple{Field{"count", &KeyBlocks::count},
                      Field{"query_rows", &KeyBlocks::query_rows},
                      Field{"key_rows", &KeyBlocks::key_rows}, Field{"order", &KeyBlocks::order}};
  }
  friend bool operator==(const KeyBlocks&, const KeyBlocks&) = default;
};

/// The pairs of a query and a key that `attention` weighs exactly, with k(q, k) itself: the union
/// of what the members say, none where all are 0. Counts are of live keys of a sequence. With
/// blocks of keys, or `Rest::means`, the union grows to whole blocks on both sides.
struct ExactPairs {
  /// With `Mask::causal` the keys at the last `window` positions that a query sees; otherwise those
  /// less than `window` positions away, before it and after it.
  Index window = 0;
  /// The first keys, which trained networks often use as a sink of attention.
  Index first_keys = 0;
  /// The longest keys, of each key head by itself; of equals the first. Not with `Mask::causal`,
  /// since later keys decide whether one is among them.
  Index heaviest_keys = 0;
  KeyBlocks blocks{};

  static constexpr auto fields() {
    return std::tuple{
        Field{"window", &ExactPairs::window}, Field{"first_keys", &ExactPairs::first_keys},
        Field{"heaviest_keys", &ExactPairs::heaviest_keys}, Field{"blocks", &ExactPairs::blocks}};
  }
  friend bool operator==(const ExactPairs&, const ExactPairs&) = default;
};

/// How the pairs are weighed that are not weighed exactly.
enum class Rest {
  features,  ///< by random features
  /// A block of n_b keys by n_b e^(q.mu_b + q^T diag(var_b) q / 2), at its mean value: no feature
  /// is computed, and nothing is random. Biased, by as much as keys and values vary in a block.
  means,
  none  ///< not at all: they do not count
};
constexpr std::array<std::string_view, 3> names_of(Rest) { return {"features", "means", "none"}; }

/// Which keys a query sees, how they are weighed, and how the products are done.
struct AttentionOptions {
  Mask mask = Mask::none;
  /// Position of query 0 among the keys, for `Mask::causal`: S - L when the queries are the last L
  /// of S positions (decoding with a cache). May be negative. In packed sequences it counts inside
  /// each of them.
  Index query_offset = 0;
  /// One offset per packed sequence, or per batch entry where nothing is packed, in place of
  /// `query_offset`: prompts continued in chunks, caches of different lengths. Empty means
  /// `query_offset` for all.
  std::span<const Index> query_offsets{};
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
  /// Weights are multiplied by e^(-s distance), distance = i + query_offset - j: one rate s >= 0
  /// for each key head, of `Mask::causal` alone; empty means none. ALiBi's biases, of
  /// `alibi_slopes`, and RetNet's decay; no approximation. Not with blocks or means.
  std::span<const double> decay{};
  /// Batch x key_heads x S (any strides), one factor 0 <= g <= 1 per key and head, of `Mask::causal`
  /// alone; without data none. The weight of key j is multiplied by the product of g_t over the
  /// positions j < t <= i', i' being the last live key that the query sees, as in gated linear
  /// attention [Dao24, Yang24]; no approximation. A gate of 0 forgets what came before its position
  /// exactly. Gates belong to positions: the gate of a key that `key_mask` hides acts on the keys
  /// before it as well, when a live one follows. Double whatever the inputs are, since sums of their
  /// logarithms decide the weights. Times those of `decay`, where both are given. Not with blocks
  /// or means.
  TensorView<const double, 3> gates{};
  /// What `attention` weighs exactly. The kernel must then be softmax or Gaussian.
  ExactPairs exact{};
  Rest rest = Rest::features;

  static constexpr auto fields() {
    return std::tuple{Field{"mask", &AttentionOptions::mask},
                      Field{"query_offset", &AttentionOptions::query_offset},
                      Field{"products", &AttentionOptions::products},
                      Field{"window", &AttentionOptions::window},
                      Field{"exact", &AttentionOptions::exact},
                      Field{"rest", &AttentionOptions::rest}};
  }
  static constexpr auto borrowed() {
    return std::tuple{Field{"query_offsets", &AttentionOptions::query_offsets},
                      Field{"key_mask", &AttentionOptions::key_mask},
                      Field{"key_lengths", &AttentionOptions::key_lengths},
                      Field{"cu_seqlens", &AttentionOptions::cu_seqlens},
                      Field{"cu_seqlens_keys", &AttentionOptions::cu_seqlens_keys},
                      Field{"allowed", &AttentionOptions::allowed},
                      Field{"decay", &AttentionOptions::decay},
                      Field{"gates", &AttentionOptions::gates}};
  }
};

/// The rates of ALiBi [Press22] as `AttentionOptions::decay` takes them: 2^(-8 k / heads) for k from
/// 1 to heads, a power of two; otherwise those of the next smaller power of two, and then every
/// other one of the next larger. Throws InvalidArgument when heads < 0.
BOCHNER_EXPORT std::vector<double> alibi_slopes(Index heads);

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
/// large parameter; or projections that overflow), a value is beyond 2^100 (double: 2^996), a decay
/// times the number of keys beyond 2^27, or a product of gates, none of them 0, below 2^-2^26.
/// Whatever else leaves the range is counted in the report.
///
/// Pairs of `options.exact` cost 2 (d + d_v) multiply-adds each instead, and are in one unit with
/// the features of the others: nothing underflows beside something larger, and nothing is
/// subtracted. With a Gaussian or softmax kernel numerators and normalisers stay unbiased where
/// those of features are; the error left is that of the other pairs.
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
