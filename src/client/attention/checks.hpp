// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/attention/attention.hpp"
#include "bochner/client/attention/matrix.hpp"
#include "core/door.hpp"

#include <array>
#include <span>
#include <string>
#include <string_view>

/// \file
/// What calls to attention check about the memory that they are given. All throw InvalidArgument.

namespace bochner::attention_internals {

/// No extent is negative, and their product can be addressed.
void require_addressable(const Door& door, std::string_view name,
                         const std::array<Index, 4>& extents);

/// `out` has these extents, no two elements in one place, and nothing in common with the inputs.
template <Scalar T>
void require_output(const Door& door, std::string_view name, const TensorView<T, 4>& out,
                    const std::array<Index, 4>& extents, const AttentionInputs<T>& inputs);

/// `out` is an output for these inputs; standard errors have its extents, or one column.
template <Scalar T>
void require_errors(const Door& door, const AttentionInputs<T>& inputs, const TensorView<T, 4>& out,
                    const TensorView<T, 4>& standard_error);

/// `rows` are queries, and `out` has a row for each of them and a column per key.
template <Scalar T>
void require_rows(const Door& door, const TensorView<const T, 4>& queries,
                  const TensorView<const T, 4>& keys, std::span<const AttentionRow> rows,
                  const MatrixView<T>& out);

/// Values without columns.
template <Scalar T>
TensorView<const T, 4> no_values(TensorView<const T, 4> keys) {
  keys.extents[3] = 0;
  return keys;
}

/// Whether a gradient is asked for.
template <class T>
bool wanted(const TensorView<T, 4>& gradient) {
  return gradient.data != nullptr;
}

/// Outputs, their gradients and those of the inputs that are wanted fit.
template <Scalar T>
void require_gradients(const Door& door, const AttentionInputs<T>& inputs,
                       const TensorView<const T, 4>& out,
                       const TensorView<const T, 4>& out_gradient,
                       const AttentionGradients<T>& gradients);

/// What is written shares nothing with a bias, if there is one.
template <Scalar T>
void require_apart_from_bias(const Door& door, std::string_view name, const TensorView<T, 4>& out,
                             const TensorView<const T, 4>& bias) {
  if (bias.data != nullptr && wanted(out))
    door.apart(name, memory_grid(out), "bias", memory_grid(bias));
}

/// "keys: batch 0, head 1, row 17", for messages.
std::string row_name(std::string_view argument, Index batch, Index head, Index row);

}  // namespace bochner::attention_internals
