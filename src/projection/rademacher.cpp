// SPDX-License-Identifier: Apache-2.0
#include "bochner/projection/rademacher.hpp"

#include "core/assert.hpp"
#include "core/parallel.hpp"
#include "projection/block_law.hpp"
#include "projection/sampling.hpp"

namespace bochner {

BlockLaw RademacherProjection::block_law(Index dim) const {
  return {.size = 1, .dim = static_cast<double>(dim)};
}

Matrix<double> RademacherProjection::draw(const FrequencyLaw& law) const {
  BOCHNER_ASSERT(law.products);
  const ProductLayout& layout = *law.products;
  Matrix<double> w(layout.num_projections(), law.dim);
  parallel_for_blocks(layout.num_levels(), {}, [&](Index level, int) {
    for (Index k = 0; k < layout.width(level); ++k) {
      const Index feature = layout.order[static_cast<std::size_t>(k)];
      double* const row = w.row(layout.start(level) + k);
      if (feature < layout.num_exact) {  // the last ones of the exact columns are the coordinates
        row[feature - (layout.num_exact - law.dim)] = 1.0;
        continue;
      }
      Stream(law.seed, Purpose::signs, static_cast<std::uint64_t>(feature))
          .signs(static_cast<std::uint64_t>(level * law.dim),
                 {row, static_cast<std::size_t>(law.dim)});
    }
  });
  return w;
}

}  // namespace bochner
