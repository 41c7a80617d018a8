// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/attention/attention.hpp>
#include <bochner/client/attention/error.hpp>
#include <bochner/client/attention/gradient.hpp>
#include <bochner/client/attention/matrix.hpp>
#include <bochner/client/attention/report.hpp>

#include <span>
#include <vector>

/// \file
/// Attention whose heads have frequencies of their own. `AttentionState` takes a map per key head
/// too.

namespace bochner {

/// The specs of a whole network from one seed: layer l, key head h draws independently of all
/// others, with derive_seed(derive_seed(seed, l), h). Hashed, never seed + head: seed + 1 is a
/// redraw of the whole network, and no two heads of two redraws share frequencies.
class BOCHNER_EXPORT HeadSpecs {
 public:
  /// Throws InvalidArgument when `base` is not valid.
  explicit HeadSpecs(const FeatureMapSpec& base);

  /// `base` with the seed of that head. Throws InvalidArgument when layer or head is negative.
  FeatureMapSpec operator()(Index layer, Index head) const;
  const FeatureMapSpec& base() const noexcept { return base_; }

 private:
  FeatureMapSpec base_;
};

/// The maps of heads 0 .. heads - 1 of a layer. Throws InvalidArgument when either is negative.
template <Scalar T>
std::vector<FeatureMap<T>> head_maps(const HeadSpecs& specs, Index layer, Index heads);

/// `attention` with maps[h] for key head h and the query heads that read it: the bits of one call
/// per key head. Throws InvalidArgument unless there is one map for each key head, and as
/// `attention`.
template <Scalar T>
AttentionReport attention(std::span<const FeatureMap<T>> maps, const AttentionInputs<T>& inputs,
                          TensorView<T, 4> out, const AttentionOptions& options = {},
                          const Execution& execution = {});

/// `attention_gradient` with maps[h] for key head h.
template <Scalar T>
void attention_gradient(std::span<const FeatureMap<T>> maps, const AttentionInputs<T>& inputs,
                        TensorView<const T, 4> out, TensorView<const T, 4> out_gradient,
                        const AttentionGradients<T>& gradients,
                        const AttentionOptions& options = {}, const Execution& execution = {});

/// `attention_with_error` with maps[h] for key head h. One report for all heads: throws
/// InvalidArgument also when maps differ in their groups of frequencies, in number or in size.
template <Scalar T>
AttentionErrorReport attention_with_error(std::span<const FeatureMap<T>> maps,
                                          const AttentionInputs<T>& inputs, TensorView<T, 4> out,
                                          TensorView<T, 4> standard_error,
                                          const AttentionOptions& options = {},
                                          const AttentionErrorOptions& error_options = {},
                                          const Execution& execution = {});

/// `attention_report` of each key head by itself, since advice is about a map: the bits of one call
/// per key head, each with up to `sample_rows` rows of the query heads that read it.
template <Scalar T>
std::vector<AttentionComparison> attention_report(std::span<const FeatureMap<T>> maps,
                                                  const AttentionInputs<T>& inputs,
                                                  Index sample_rows = 64,
                                                  const AttentionOptions& options = {},
                                                  const Execution& execution = {});

/// `attention_rows` with maps[h] for key head h.
template <Scalar T>
void attention_rows(std::span<const FeatureMap<T>> maps, TensorView<const T, 4> queries,
                    TensorView<const T, 4> keys, std::span<const AttentionRow> rows,
                    MatrixView<T> out, const AttentionOptions& options = {},
                    const Execution& execution = {});

extern template BOCHNER_EXPORT std::vector<FeatureMap<float>> head_maps<float>(const HeadSpecs&,
                                                                               Index, Index);
extern template BOCHNER_EXPORT std::vector<FeatureMap<double>> head_maps<double>(const HeadSpecs&,
                                                                                 Index, Index);
extern template BOCHNER_EXPORT AttentionReport attention<float>(std::span<const FeatureMap<float>>,
                                                                const AttentionInputs<float>&,
                                                                TensorView<float, 4>,
                                                                const AttentionOptions&,
                                                                const Execution&);
extern template BOCHNER_EXPORT AttentionReport
attention<double>(std::span<const FeatureMap<double>>, const AttentionInputs<double>&,
                  TensorView<double, 4>, const AttentionOptions&, const Execution&);
extern template BOCHNER_EXPORT void attention_gradient<float>(
    std::span<const FeatureMap<float>>, const AttentionInputs<float>&, TensorView<const float, 4>,
    TensorView<const float, 4>, const AttentionGradients<float>&, const AttentionOptions&,
    const Execution&);
extern template BOCHNER_EXPORT void attention_gradient<double>(
    std::span<const FeatureMap<double>>, const AttentionInputs<double>&,
    TensorView<const double, 4>, TensorView<const double, 4>, const AttentionGradients<double>&,
    const AttentionOptions&, const Execution&);
extern template BOCHNER_EXPORT AttentionErrorReport attention_with_error<float>(
    std::span<const FeatureMap<float>>, const AttentionInputs<float>&, TensorView<float, 4>,
    TensorView<float, 4>, const AttentionOptions&, const AttentionErrorOptions&, const Execution&);
extern template BOCHNER_EXPORT std::vector<AttentionComparison> attention_report<float>(
    std::span<const FeatureMap<float>>, const AttentionInputs<float>&, Index,
    const AttentionOptions&, const Execution&);
extern template BOCHNER_EXPORT void attention_rows<float>(
    std::span<const FeatureMap<float>>, TensorView<const float, 4>, TensorView<const float, 4>,
    std::span<const AttentionRow>, MatrixView<float>, const AttentionOptions&, const Execution&);
extern template BOCHNER_EXPORT AttentionErrorReport attention_with_error<double>(
    std::span<const FeatureMap<double>>, const AttentionInputs<double>&, TensorView<double, 4>,
    TensorView<double, 4>, const AttentionOptions&, const AttentionErrorOptions&, const Execution&);
extern template BOCHNER_EXPORT std::vector<AttentionComparison> attention_report<double>(
    std::span<const FeatureMap<double>>, const AttentionInputs<double>&, Index,
    const AttentionOptions&, const Execution&);
extern template BOCHNER_EXPORT void attention_rows<double>(
    std::span<const FeatureMap<double>>, TensorView<const double, 4>, TensorView<const double, 4>,
    std::span<const AttentionRow>, MatrixView<double>, const AttentionOptions&, const Execution&);

}  // namespace bochner
