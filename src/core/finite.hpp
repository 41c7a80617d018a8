// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <string>

/// \file
/// The door check for NaN and infinity.

namespace bochner {

/// Throws InvalidArgument "function: argument: row i, column j is nan, expected a finite number"
/// for the first entry that is not finite.
template <Scalar T>
void require_finite(const std::string& function, const std::string& argument,
                    MatrixView<const T> x);

}  // namespace bochner
