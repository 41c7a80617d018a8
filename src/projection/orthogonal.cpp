// SPDX-License-Identifier: Apache-2.0
#include "bochner/projection/orthogonal.hpp"

#include "projection/block_law.hpp"
#include "projection/sampling.hpp"

namespace bochner {

BlockLaw OrthogonalProjection::block_law(Index dim) const {
  const bool paired = radii == Radii::paired && dim > 1;
  return {.size = dim,
          .dim = static_cast<double>(dim),
          .radii = radii == Radii::constant ? Radii::constant : Radii::sampled,
          .pairing = paired ? BlockLaw::Pairing::radii : BlockLaw::Pairing::none};
}

Matrix<double> OrthogonalProjection::draw(const FrequencyLaw& law) const {
  return projections::draw_blocks(radii, law, [](MatrixView<double>) {});
}

}  // namespace bochner
