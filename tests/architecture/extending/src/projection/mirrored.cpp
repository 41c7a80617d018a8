// SPDX-License-Identifier: Apache-2.0
#include "bochner/projection/mirrored.hpp"

#include "bochner/projection/iid.hpp"
#include "projection/block_law.hpp"
#include "projection/sampling.hpp"

namespace bochner {

BlockLaw MirroredProjection::block_law(Index dim) const {
  return {.size = 1, .dim = static_cast<double>(dim)};
}

Matrix<double> MirroredProjection::draw(const FrequencyLaw& law) const {
  Matrix<double> w = IidProjection{}.draw(law);
  for (Index i = 0; i < w.size(); ++i) w.data()[i] = -w.data()[i];
  return w;
}

}  // namespace bochner
