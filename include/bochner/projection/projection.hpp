// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/projection/alternatives.hpp>  // every projection of this folder

#include <variant>

/// \file
/// The registry of projections.

namespace bochner {

/// Every way to couple frequencies. The list of alternatives is the registry: a new projection is
/// its own two files and one name here.
// clang-format off
struct Projection : std::variant<IidProjection,
                                 OrthogonalProjection,
                                 HadamardProjection,
                                 SimplexProjection,
                                 AntitheticProjection,
                                 SobolProjection,
                                 RademacherProjection,
                                 CountSketchProjection,
                                 GivenProjection,
                                 CoordinatesProjection> {
  using variant::variant;
};
// clang-format on

}  // namespace bochner
