// SPDX-License-Identifier: Apache-2.0
#include "bochner/projection/simplex.hpp"

#include "projection/block_law.hpp"
#include "projection/sampling.hpp"

#include <cmath>
#include <vector>

namespace bochner {
namespace {

/// Orthonormal rows q_0, q_1, ... become vertices of a regular simplex of `vertices` vertices:
/// vertex i is a multiple of q_i plus a sum over j < i of multiples of q_j that depend on j alone.
/// The last one needs no q of its own.
void make_simplex(Index vertices, MatrixView<double> rows) {
  if (vertices == 1) return;
  const auto b = static_cast<double>(vertices);
  std::vector<double> sum(static_cast<std::size_t>(rows.cols), 0.0);
  for (Index i = 0; i < rows.rows; ++i) {
    const double left = b - static_cast<double>(i);
    const double own = std::sqrt(b * (left - 1.0) / ((b - 1.0) * left));
    const double later = left > 1.0 ? -own / (left - 1.0) : 0.0;
    for (Index k = 0; k < rows.cols; ++k) {
      double& entry = rows(i, k);
      double& earlier = sum[static_cast<std::size_t>(k)];
      const double q = entry;
      entry = own * q + earlier;
      earlier += later * q;
    }
  }
}

}  // namespace

BlockLaw SimplexProjection::block_law(Index dim) const {
  const auto d = static_cast<double>(dim);
  return {.size = dim, .dim = d, .cosine = dim > 1 ? -1.0 / (d - 1.0) : 0.0};
}

Matrix<double> SimplexProjection::draw(const FrequencyLaw& law) const {
  return projections::draw_blocks(Radii::sampled, law,
                                  [&](MatrixView<double> rows) { make_simplex(law.dim, rows); });
}

}  // namespace bochner
