// SPDX-License-Identifier: Apache-2.0
#include "projection/sampling.hpp"

#include "core/execution_for.hpp"
#include "core/parallel.hpp"
#include "linalg/orthonormal.hpp"
#include "random/complementary_chi.hpp"
#include "random/quantiles.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

namespace bochner::projections {
namespace {

double draw_scale(const FrequencyLaw& law, Index row) {
  return kernels::draw_scale(law.spectrum.scale(),
                             Stream(law.seed, Purpose::scales, static_cast<std::uint64_t>(row)));
}

void draw_gaussian_row(const FrequencyLaw& law, Index row, std::span<double> out) {
  Stream(law.seed, Purpose::directions, static_cast<std::uint64_t>(row)).normals(0, out);
}

/// The norm of frequency `row` in blocks of `dim`, before its scale.
double draw_norm(Radii radii, Seed seed, Index dim, Index row) {
  const auto chi = [&](Index item) {
    return Stream(seed, Purpose::radii, static_cast<std::uint64_t>(item)).chi(dim);
  };
  if (radii == Radii::constant) return std::sqrt(static_cast<double>(dim));
  const bool second = radii == Radii::paired && row % dim % 2 == 1;
  return second ? complementary_chi(chi(row - 1), dim) : chi(row);
}

void scale_row(std::span<double> row, double factor) {
  for (double& entry : row) entry *= factor;
}

}  // namespace

double largest_scale(const FrequencyLaw& law) {
  if (is_normal(law.spectrum)) return 1.0;
  double largest = 0.0;
  for (Index row = 0; row < law.num_frequencies; ++row) {
    largest = std::max(largest, draw_scale(law, row));
  }
  return largest;
}

double draw_radius(Radii radii, const FrequencyLaw& law, Index dim, Index row) {
  return draw_norm(radii, law.seed, dim, row) * draw_scale(law, row);
}

Index num_uniforms(const FrequencyLaw& law) {
  return law.spectrum.whole() ? law.spectrum.whole()->num_uniforms(law.dim) : law.dim;
}

void draw_from_uniforms(const FrequencyLaw& law, Index row, const double* u,
                        std::span<double> out) {
  if (const WholeMeasure* const whole = law.spectrum.whole()) {
    whole->frequency(u, law.seed, row, out);
    return;
  }
  const double scale = draw_scale(law, row);
  for (std::size_t k = 0; k < out.size(); ++k) out[k] = scale * normal_quantile(u[k]);
}

void draw_independent_row(const FrequencyLaw& law, Index row, std::span<double> out) {
  if (law.spectrum.whole()) {
    const Stream stream(law.seed, Purpose::directions, static_cast<std::uint64_t>(row));
    std::vector<double> u(static_cast<std::size_t>(num_uniforms(law)));
    for (std::size_t k = 0; k < u.size(); ++k) u[k] = stream.uniform(k);
    draw_from_uniforms(law, row, u.data(), out);
    return;
  }
  draw_gaussian_row(law, row, out);
  scale_row(out, draw_scale(law, row));
}

void draw_orthonormal_rows(const FrequencyLaw& law, Index first, MatrixView<double> rows) {
  for (Index i = 0; i < rows.rows; ++i) {
    draw_gaussian_row(law, first + i, {&rows(i, 0), static_cast<std::size_t>(rows.cols)});
  }
  linalg::orthonormal_rows(rows);
}

void draw_radii(Radii radii, const FrequencyLaw& law, Index first, MatrixView<double> rows) {
  for (Index i = 0; i < rows.rows; ++i) {
    scale_row({&rows(i, 0), static_cast<std::size_t>(rows.cols)},
              draw_radius(radii, law, rows.cols, first + i));
  }
}

Matrix<double> draw_blocks(Radii radii, const FrequencyLaw& law,
                           const std::function<void(MatrixView<double>)>& shape) {
  Matrix<double> w(law.num_frequencies, law.dim);
  const Index blocks = (law.num_frequencies + law.dim - 1) / law.dim;
  const Execution execution =
      execution_for(static_cast<double>(w.size()) * static_cast<double>(law.dim));
  parallel_for_blocks(blocks, execution, [&](Index block, int) {
    const Index first = block * law.dim;
    const MatrixView<double> rows =
        w.view().middle_rows(first, std::min(law.dim, law.num_frequencies - first));
    draw_orthonormal_rows(law, first, rows);
    shape(rows);
    draw_radii(radii, law, first, rows);
  });
  return w;
}

}  // namespace bochner::projections
