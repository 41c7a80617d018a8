// SPDX-License-Identifier: Apache-2.0
#include "kernel/expression_measure.hpp"

#include "kernel/expression_term.hpp"
#include "random/quantiles.hpp"

#include <algorithm>
#include <cstdint>

namespace bochner::kernels {

ProductOfMeasures::ProductOfMeasures(const std::vector<KernelTerm>& terms) : terms_(terms) {
  for (const KernelTerm& term : terms) measures_.push_back(spectral_measure(term.kernel));
}

Index ProductOfMeasures::term_uniforms(std::size_t t, Index dim) const {
  const auto own = static_cast<Index>(columns_of(terms_[t], dim).size());
  return measures_[t].whole() ? measures_[t].whole()->num_uniforms(own) : own;
}

double ProductOfMeasures::mass(std::size_t t, Index dim) const {
  const auto own = static_cast<Index>(columns_of(terms_[t], dim).size());
  return terms_[t].weight * standard_form(terms_[t].kernel, own).scale;
}

void ProductOfMeasures::add(std::size_t t, const double* u, Seed seed, Index row,
                            std::span<double> out) const {
  const std::vector<Index> columns = columns_of(terms_[t], static_cast<Index>(out.size()));
  const auto dim = static_cast<Index>(columns.size());
  const Seed own = derive_seed(seed, t);
  std::vector<double> w(columns.size());
  if (const WholeMeasure* const whole = measures_[t].whole()) {
    whole->frequency(u, own, row, w);
  } else {
    const double scale = draw_scale(measures_[t].scale(),
                                    Stream(own, Purpose::scales, static_cast<std::uint64_t>(row)));
    for (std::size_t k = 0; k < w.size(); ++k) w[k] = scale * normal_quantile(u[k]);
  }
  std::vector<double> raw(w.size());
  standard_form(terms_[t].kernel, dim).transform.apply_transpose(w.data(), raw.data());
  for (std::size_t k = 0; k < raw.size(); ++k) out[static_cast<std::size_t>(columns[k])] += raw[k];
}

Index ProductOfMeasures::num_uniforms(Index dim) const {
  Index sum = 0;
  for (std::size_t t = 0; t < size(); ++t) sum += term_uniforms(t, dim);
  return sum;
}

void ProductOfMeasures::frequency(const double* u, Seed seed, Index row,
                                  std::span<double> out) const {
  std::fill(out.begin(), out.end(), 0.0);
  for (std::size_t t = 0; t < size(); ++t) {
    add(t, u, seed, row, out);
    u += term_uniforms(t, static_cast<Index>(out.size()));
  }
}

Index MixtureOfMeasures::num_uniforms(Index dim) const {
  Index most = 0;
  for (std::size_t t = 0; t < size(); ++t) most = std::max(most, term_uniforms(t, dim));
  return 1 + most;
}

void MixtureOfMeasures::frequency(const double* u, Seed seed, Index row,
                                  std::span<double> out) const {
  const auto dim = static_cast<Index>(out.size());
  double total = 0.0;
  for (std::size_t t = 0; t < size(); ++t) total += mass(t, dim);
  double left = u[0] * total;
  std::size_t chosen = 0;
  while (chosen + 1 < size() && left >= mass(chosen, dim)) left -= mass(chosen++, dim);
  std::fill(out.begin(), out.end(), 0.0);
  add(chosen, u + 1, seed, row, out);
}

}  // namespace bochner::kernels
