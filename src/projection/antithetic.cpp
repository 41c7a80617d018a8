// SPDX-License-Identifier: Apache-2.0
#include "bochner/projection/antithetic.hpp"

#include "bochner/projection/iid.hpp"
#include "bochner/projection/orthogonal.hpp"
#include "projection/block_law.hpp"
#include "projection/sampling.hpp"

namespace bochner {

BlockLaw AntitheticProjection::block_law(Index dim) const {
  return {.size = directions == Directions::orthogonal ? 2 * dim : 2,
          .dim = static_cast<double>(dim),
          .pairing = BlockLaw::Pairing::opposite};
}

Matrix<double> AntitheticProjection::draw(const FrequencyLaw& law) const {
  FrequencyLaw half = law;
  half.num_frequencies = (law.num_frequencies + 1) / 2;
  const Matrix<double> first = directions == Directions::orthogonal
                                   ? OrthogonalProjection{}.draw(half)
                                   : IidProjection{}.draw(half);
  Matrix<double> w(law.num_frequencies, law.dim);
  for (Index row = 0; row < w.rows(); ++row) {
    const double sign = row % 2 == 0 ? 1.0 : -1.0;
    for (Index k = 0; k < w.cols(); ++k) w(row, k) = sign * first(row / 2, k);
  }
  return w;
}

}  // namespace bochner
