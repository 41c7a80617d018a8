// SPDX-License-Identifier: Apache-2.0
#include "client/gram/checks.hpp"

#include "bochner/core/error.hpp"
#include "core/text.hpp"

#include <cmath>
#include <string>

namespace bochner::gram {
namespace {

std::string extents(Index rows, Index cols) {
  return std::to_string(rows) + " x " + std::to_string(cols);
}

}  // namespace

void check_columns(const char* function, Index x_cols, Index y_cols, Index dim) {
  if (x_cols == dim && y_cols == dim) return;
  throw InvalidArgument(std::string(function) + ": x has " + std::to_string(x_cols) +
                        " columns and y " + std::to_string(y_cols) + ", expected " +
                        std::to_string(dim) + " in both");
}

void check_extents(const char* function, const char* argument, const MatrixView<const double>& view,
                   Index rows, Index cols, const char* meaning) {
  if (view.rows == rows && view.cols == cols) return;
  throw InvalidArgument(std::string(function) + ": " + argument + " is " +
                        extents(view.rows, view.cols) + ", expected " + extents(rows, cols) + " (" +
                        meaning + ")");
}

void check_positive(const char* function, const char* argument, double value) {
  if (value > 0.0 && std::isfinite(value)) return;
  throw InvalidArgument(std::string(function) + ": " + argument + " is " + text::number(value) +
                        ", expected a finite number above 0");
}

void check_least(const char* function, const char* argument, Index value, Index least) {
  if (value >= least) return;
  throw InvalidArgument(std::string(function) + ": " + argument + " is " + std::to_string(value) +
                        ", expected at least " + std::to_string(least));
}

void check_index(const char* function, const char* argument, Index index, Index size) {
  if (index >= 0 && index < size) return;
  throw InvalidArgument(std::string(function) + ": " + argument + " is " + std::to_string(index) +
                        ", expected a row in [0, " + std::to_string(size) + ")");
}

void check_sum_of_squares(const char* function, const char* what, double sum, double largest) {
  if (std::isfinite(sum) && (sum > 0.0 || largest == 0.0)) return;
  throw InvalidArgument(std::string(function) + ": the squares of " + what + " " +
                        (sum == 0.0 ? "vanish below" : "overflow") +
                        " the range of double; the largest is that of " + text::number(largest) +
                        "; scale the kernel or the inputs");
}

void refuse_product(const char* function, Index i) {
  throw InvalidArgument(std::string(function) + ": row " + std::to_string(i) +
                        " of the product overflows; scale the inputs down");
}

void refuse_overflow(const char* function, Index i, Index j) {
  throw InvalidArgument(std::string(function) + ": the entry of row " + std::to_string(i) +
                        " of x and row " + std::to_string(j) +
                        " of y overflows; scale the inputs down");
}

}  // namespace bochner::gram
