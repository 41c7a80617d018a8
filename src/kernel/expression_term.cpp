// SPDX-License-Identifier: Apache-2.0
#include "kernel/expression_term.hpp"

#include "bochner/core/matrix.hpp"
#include "kernel/precise_values.hpp"

#include <numeric>
#include <set>

namespace bochner::kernels {

std::vector<Index> columns_of(const KernelTerm& term, Index dim) {
  if (!term.columns.empty()) return term.columns;
  std::vector<Index> all(static_cast<std::size_t>(dim));
  std::iota(all.begin(), all.end(), Index{0});
  return all;
}

void require_valid_term(const Door& door, const std::string& argument, const KernelTerm& term,
                        Index dim) {
  door.positive(argument + ".weight", term.weight);
  std::set<Index> seen;
  for (std::size_t k = 0; k < term.columns.size(); ++k) {
    const Index column = term.columns[k];
    if (column >= 0 && column < dim && seen.insert(column).second) continue;
    door.refuse(argument + ".columns[" + std::to_string(k) + "]", std::to_string(column),
                "different numbers from 0 to " + std::to_string(dim - 1) +
                    " (the input dimension less one)");
  }
  standard_form(term.kernel, static_cast<Index>(columns_of(term, dim).size()));
}

void term_values(const KernelTerm& term, const double* x, MatrixView<const double> y, double* out) {
  const std::vector<Index> columns = columns_of(term, y.cols);
  const auto dim = static_cast<Index>(columns.size());
  const StandardForm form = standard_form(term.kernel, dim);
  std::vector<double> here;
  for (const Index column : columns) here.push_back(x[column]);
  Matrix<double> there(y.rows, dim);
  for (Index j = 0; j < y.rows; ++j) {
    for (Index k = 0; k < dim; ++k) there(j, k) = y(j, columns[static_cast<std::size_t>(k)]);
  }
  precise_values(term.kernel, form, here.data(), there.view(), out);
  for (Index j = 0; j < y.rows; ++j) out[j] *= term.weight;
}

}  // namespace bochner::kernels
