// SPDX-License-Identifier: Apache-2.0
#include "kernel/expression_term.hpp"

#include "bochner/core/error.hpp"
#include "bochner/core/matrix.hpp"
#include "core/text.hpp"

#include <cmath>
#include <numeric>
#include <set>

namespace bochner {

std::vector<Index> columns_of(const KernelTerm& term, Index dim) {
  if (!term.columns.empty()) return term.columns;
  std::vector<Index> all(static_cast<std::size_t>(dim));
  std::iota(all.begin(), all.end(), Index{0});
  return all;
}

void check_term(const std::string& where, const KernelTerm& term, Index dim) {
  if (!(term.weight > 0.0) || !std::isfinite(term.weight)) {
    throw InvalidArgument(where + ".weight is " + text::number(term.weight) +
                          ", expected a positive, finite number");
  }
  std::set<Index> seen;
  for (std::size_t k = 0; k < term.columns.size(); ++k) {
    const Index column = term.columns[k];
    if (column >= 0 && column < dim && seen.insert(column).second) continue;
    throw InvalidArgument(where + ".columns[" + std::to_string(k) + "] is " +
                          std::to_string(column) + ", expected different numbers from 0 to " +
                          std::to_string(dim - 1) + " (the input dimension less one)");
  }
  standard_form(term.kernel, static_cast<Index>(columns_of(term, dim).size()));
}

void term_values(const KernelTerm& term, const double* x, MatrixView<const double> y, double* out) {
  const std::vector<Index> columns = columns_of(term, y.cols);
  const auto dim = static_cast<Index>(columns.size());
  const StandardForm form = standard_form(term.kernel, dim);
  std::vector<double> raw(columns.size());
  std::vector<double> here(columns.size(), 0.0);
  // Differences first where that is enough: no cancellation between close rows far from 0.
  const auto origin = [&](Index column) { return form.shift_invariant ? x[column] : 0.0; };
  if (!form.shift_invariant) {
    for (std::size_t k = 0; k < columns.size(); ++k) raw[k] = x[columns[k]];
    form.transform.apply(raw.data(), here.data());
  }
  Matrix<double> there(y.rows, dim);
  for (Index j = 0; j < y.rows; ++j) {
    for (std::size_t k = 0; k < columns.size(); ++k) {
      raw[k] = y(j, columns[k]) - origin(columns[k]);
    }
    form.transform.apply(raw.data(), there.row(j));
  }
  row_values(term.kernel, here.data(), there.view(), out);
  for (Index j = 0; j < y.rows; ++j) out[j] *= term.weight;
}

}  // namespace bochner
