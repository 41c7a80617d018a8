// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/expression.hpp"

#include "core/door.hpp"
#include "core/text.hpp"
#include "kernel/expression_measure.hpp"
#include "kernel/expression_term.hpp"
#include "kernel/standard_form.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace bochner {
namespace {

/// Whether a Fourier transform of a measure, times a constant.
bool is_fourier(const Kernel& kernel) {
  const SpectralMeasure measure = spectral_measure(kernel);
  return !measure.rectifier() && !measure.refusal() && !measure.series;
}

template <class Measure, class K>
SpectralMeasure measure_of(const K& kernel) {
  for (const KernelTerm& term : kernel.terms) {
    if (is_fourier(term.kernel)) continue;
    return {.law = SpectralMeasure::None{
                "features of a " + std::string(K::name) +
                " need shift-invariant terms, and one is " +
                std::visit([](const auto& k) { return std::string(k.name); }, term.kernel)}};
  }
  return {.law = std::make_shared<const Measure>(kernel.terms)};
}

/// `fold` makes k(x, x) of the terms' weight k_t(x, x).
template <class K, class Fold>
StandardForm form_of(const K& kernel, Index dim, double neutral, const Fold& fold) {
  const Door door(K::name);
  if (kernel.terms.empty()) door.refuse("terms is empty, expected at least one");
  StandardForm out;
  out.transform.diagonal.assign(static_cast<std::size_t>(dim), 1.0);
  out.scale = neutral;
  for (std::size_t t = 0; t < kernel.terms.size(); ++t) {
    const KernelTerm& term = kernel.terms[t];
    kernels::require_valid_term(door, "terms[" + std::to_string(t) + "]", term, dim);
    const auto own = static_cast<Index>(kernels::columns_of(term, dim).size());
    const StandardForm form = standard_form(term.kernel, own);
    out.shift_invariant = out.shift_invariant && form.shift_invariant;
    out.scale = fold(out.scale, term.weight * form.scale);
  }
  if (!(out.scale > 0.0) || !std::isfinite(out.scale)) {
    door.refuse("k(x, x) of all terms together", text::number(out.scale),
                "a finite number above 0: change the weights");
  }
  return out;
}

template <class K, class Fold>
void values_of(const K& kernel, const double* x, MatrixView<const double> y, double* out,
               double neutral, const Fold& fold) {
  std::vector<double> part(static_cast<std::size_t>(y.rows));
  std::fill_n(out, y.rows, neutral);
  for (const KernelTerm& term : kernel.terms) {
    kernels::term_values(term, x, y, part.data());
    std::transform(part.begin(), part.end(), out, out, fold);
  }
}

}  // namespace

SumKernel::SumKernel() : terms(1) {}
SumKernel::SumKernel(std::vector<KernelTerm> terms_in) : terms(std::move(terms_in)) {}
bool operator==(const SumKernel& a, const SumKernel& b) { return a.terms == b.terms; }

ProductKernel::ProductKernel() : terms(1) {}
ProductKernel::ProductKernel(std::vector<KernelTerm> terms_in) : terms(std::move(terms_in)) {}
bool operator==(const ProductKernel& a, const ProductKernel& b) { return a.terms == b.terms; }

SpectralMeasure SumKernel::spectral_measure() const {
  return measure_of<kernels::MixtureOfMeasures>(*this);
}
SpectralMeasure ProductKernel::spectral_measure() const {
  return measure_of<kernels::ProductOfMeasures>(*this);
}

StandardForm SumKernel::standard_form(Index dim) const {
  return form_of(*this, dim, 0.0, std::plus<>());
}
StandardForm ProductKernel::standard_form(Index dim) const {
  return form_of(*this, dim, 1.0, std::multiplies<>());
}

void SumKernel::values_by_rows(const double* x, MatrixView<const double> y, double* out) const {
  values_of(*this, x, y, out, 0.0, std::plus<>());
}
void ProductKernel::values_by_rows(const double* x, MatrixView<const double> y, double* out) const {
  values_of(*this, x, y, out, 1.0, std::multiplies<>());
}

}  // namespace bochner
