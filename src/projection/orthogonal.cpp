// SPDX-License-Identifier: Apache-2.0
#include "bochner/projection/orthogonal.hpp"

#include "projection/block_law.hpp"
#include "projection/sampling.hpp"

namespace bochner {

BlockLaw OrthogonalProjection::block_law(Index dim) const {
  return {.size = dim, .dim = static_cast<double>(dim), .radii = radii};
}

Matrix<double> OrthogonalProjection::draw(const FrequencyLaw& law) const {
  return projections::draw_blocks(radii, law, [](MatrixView<double>) {});
}

}  // namespace bochner
