// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/attention/attention.hpp"
#include "core/door.hpp"

#include <array>
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

/// Outputs, their gradients and those of the inputs fit.
template <Scalar T>
void require_gradients(const Door& door, const AttentionInputs<T>& inputs,
                       const TensorView<const T, 4>& out,
                       const TensorView<const T, 4>& out_gradient,
                       const AttentionGradients<T>& gradients);

/// What is written shares nothing with a bias, if there is one.
template <Scalar T>
void require_apart_from_bias(const Door& door, std::string_view name, const TensorView<T, 4>& out,
                             const TensorView<const T, 4>& bias) {
  if (bias.data != nullptr) door.apart(name, memory_grid(out), "bias", memory_grid(bias));
}

/// "keys: batch 0, head 1, row 17", for messages.
std::string row_name(std::string_view argument, Index batch, Index head, Index row);

}  // namespace bochner::attention_internals
