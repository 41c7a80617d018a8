// SPDX-License-Identifier: Apache-2.0
#include "bochner/projection/antithetic.hpp"

#include "projection/sampling.hpp"

namespace bochner {

Matrix<double> draw_frequencies(const AntitheticProjection& projection, const FrequencyLaw& law) {
  FrequencyLaw half = law;
  half.num_frequencies = (law.num_frequencies + 1) / 2;
  const Matrix<double> first = projection.directions == Directions::orthogonal
                                   ? draw_frequencies(OrthogonalProjection{}, half)
                                   : draw_frequencies(IidProjection{}, half);
  Matrix<double> w(law.num_frequencies, law.dim);
  for (Index row = 0; row < w.rows(); ++row) {
    const double sign = row % 2 == 0 ? 1.0 : -1.0;
    for (Index k = 0; k < w.cols(); ++k) w(row, k) = sign * first(row / 2, k);
  }
  return w;
}

}  // namespace bochner
