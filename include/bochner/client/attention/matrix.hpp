// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/attention/attention.hpp>
#include <bochner/kernel/kernel.hpp>

#include <span>

/// \file
/// Rows of the attention matrix, for inspection.

namespace bochner {

/// One row: what query `query` of head `head` of batch entry `batch` looks at.
struct AttentionRow {
  Index batch = 0;
  Index head = 0;
  Index query = 0;
};

/// out_rj = phi(q).phi(k_j) / sum_l phi(q).phi(k_l) for the query q of rows[r] and the keys that it
/// sees; 0 for the others, and everywhere in a row that sees none or whose normaliser is zero.
/// These are the rows of the matrix that `attention` multiplies the values by and never forms.
/// `out` is rows x S.
///
/// Exponents are taken over the keys that a row sees, as in `attention`. O(S (m d + D)) per row;
/// rows that see the same keys share the first part. The same bits for any number of threads.
/// Throws InvalidArgument when a row is not one of the queries, and as `attention`.
template <Scalar T>
void attention_rows(const FeatureMap<T>& map, TensorView<const T, 4> queries,
                    TensorView<const T, 4> keys, std::span<const AttentionRow> rows,
                    MatrixView<T> out, const AttentionOptions& options = {},
                    const Execution& execution = {});

/// The same rows of exact attention, k(q, k_j) / sum_l k(q, k_l): honours all options. In double,
/// whatever T, and in the wide range of `exact_attention`. O(S d) per row.
template <Scalar T>
void exact_attention_rows(const Kernel& kernel, TensorView<const T, 4> queries,
                          TensorView<const T, 4> keys, std::span<const AttentionRow> rows,
                          MatrixView<T> out, const AttentionOptions& options = {},
                          const Execution& execution = {});

extern template BOCHNER_EXPORT void attention_rows<float>(
    const FeatureMap<float>&, TensorView<const float, 4>, TensorView<const float, 4>,
    std::span<const AttentionRow>, MatrixView<float>, const AttentionOptions&, const Execution&);
extern template BOCHNER_EXPORT void attention_rows<double>(
    const FeatureMap<double>&, TensorView<const double, 4>, TensorView<const double, 4>,
    std::span<const AttentionRow>, MatrixView<double>, const AttentionOptions&, const Execution&);
extern template BOCHNER_EXPORT void exact_attention_rows<float>(
    const Kernel&, TensorView<const float, 4>, TensorView<const float, 4>,
    std::span<const AttentionRow>, MatrixView<float>, const AttentionOptions&, const Execution&);
extern template BOCHNER_EXPORT void exact_attention_rows<double>(
    const Kernel&, TensorView<const double, 4>, TensorView<const double, 4>,
    std::span<const AttentionRow>, MatrixView<double>, const AttentionOptions&, const Execution&);

}  // namespace bochner
