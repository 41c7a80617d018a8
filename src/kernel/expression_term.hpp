// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/door.hpp"
#include "kernel/standard_form.hpp"

#include <string>
#include <vector>

/// \file
/// One term of a kernel expression.

namespace bochner::kernels {

/// The columns a term sees of `dim`: its list, or all.
std::vector<Index> columns_of(const KernelTerm& term, Index dim);

/// Throws InvalidArgument, naming "argument.MEMBER", when a term is not valid for `dim` columns.
void require_valid_term(const Door& door, const std::string& argument, const KernelTerm& term,
                        Index dim);

/// out[j] = weight k_t of the term's columns of x and y_j.
void term_values(const KernelTerm& term, const double* x, MatrixView<const double> y, double* out);

}  // namespace bochner::kernels
