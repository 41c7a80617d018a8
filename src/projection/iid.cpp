// SPDX-License-Identifier: Apache-2.0
#include "bochner/projection/iid.hpp"

#include "core/execution_for.hpp"
#include "core/parallel.hpp"
#include "projection/block_law.hpp"
#include "projection/sampling.hpp"

namespace bochner {

BlockLaw IidProjection::block_law(Index dim) const {
  return {.size = 1, .dim = static_cast<double>(dim)};
}

Matrix<double> IidProjection::draw(const FrequencyLaw& law) const {
  Matrix<double> w(law.num_frequencies, law.dim);
  constexpr double kNumber = 16;  // multiplications that take as long as one normal number
  const Execution execution = execution_for(kNumber * static_cast<double>(w.size()));
  parallel_for_blocks(law.num_frequencies, execution, [&](Index row, int) {
    projections::draw_independent_row(law, row, {w.row(row), static_cast<std::size_t>(law.dim)});
  });
  return w;
}

}  // namespace bochner
