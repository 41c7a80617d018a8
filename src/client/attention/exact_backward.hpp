// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/exact_call.hpp"
#include "client/attention/key_tiles.hpp"
#include "client/attention/row_totals.hpp"

/// \file
/// The backward pass of exact attention.

namespace bochner::attention_internals {

/// What it starts from, and where gradients go; those without data are not computed.
template <Scalar T>
struct ExactSlopes {
  const TensorView<const T, 4>& out;
  const TensorView<const T, 4>& out_gradient;
  const AttentionGradients<T>& gradients;
  const RowTotals<T>* totals;  ///< of rows that other passes belong to, too; may be null
};

/// Adds the gradients of the rows that a checked call reaches; `tiles` are all of its keys.
template <Scalar T>
void exact_gradient(const ExactCall<T>& call, const ExactSlopes<T>& slopes,
                    const std::vector<KeyTiles>& tiles, const Execution& execution);

}  // namespace bochner::attention_internals
