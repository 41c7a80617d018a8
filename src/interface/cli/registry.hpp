// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/registry.hpp"
#include "core/text.hpp"

#include <string>

/// \file
/// What there is to choose from, read off the registries.

namespace bochner::cli {

/// "gaussian, softmax, ..."
template <Registry R>
std::string names_of() {
  return text::join(alternative_names<R>());
}

}  // namespace bochner::cli
