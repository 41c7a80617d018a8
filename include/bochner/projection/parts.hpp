// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/matrix.hpp>
#include <bochner/core/view.hpp>

#include <memory>
#include <string_view>

/// \file
/// Names of what a projection says of itself to the library. The types are the library's own:
/// declared here, so that a projection can declare its members, and defined in src.

namespace bochner {

struct BlockLaw;
struct FrequencyLaw;
struct FrequencyNorms;
template <Scalar T>
class ProjectionOperator;

}  // namespace bochner
