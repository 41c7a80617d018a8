// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/projection/antithetic.hpp>
#include <bochner/projection/count_sketch.hpp>
#include <bochner/projection/hadamard.hpp>
#include <bochner/projection/iid.hpp>
#include <bochner/projection/orthogonal.hpp>
#include <bochner/projection/rademacher.hpp>
#include <bochner/projection/simplex.hpp>
#include <bochner/projection/sobol.hpp>

#include <variant>

/// \file
/// The registry of projections.

namespace bochner {

/// Every way to couple frequencies. The list of alternatives is the registry.
using Projection = std::variant<IidProjection, OrthogonalProjection, HadamardProjection,
                                SimplexProjection, AntitheticProjection, SobolProjection,
                                RademacherProjection, CountSketchProjection>;

}  // namespace bochner
