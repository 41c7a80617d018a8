// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/kernel/kernel.hpp"
#include "core/text.hpp"

namespace bochner {

/// Names of kernels with some options set: matern12, matern32 and matern52 are the Matern kernel of
/// nu = 1/2, 3/2 and 5/2. Returns whether `from` is one, and if so reads its other options.
bool read_shorthand(const text::Value& from, Kernel& into);

}  // namespace bochner
