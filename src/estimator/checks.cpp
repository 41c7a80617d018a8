// SPDX-License-Identifier: Apache-2.0
#include "estimator/checks.hpp"

#include "core/text.hpp"

#include <string>

namespace bochner::estimator {
namespace {

MatrixView<const double> as_row(std::span<const double> x) {
  return {x.data(), 1, static_cast<Index>(x.size())};
}

void require_at_most(const Door& door, std::string_view name, Index row, double squared_norm,
                     double largest) {
  if (squared_norm <= largest) return;
  door.refuse(std::string(name) + " row " + std::to_string(row) +
              " is too long: |x|^2 = " + text::number(squared_norm) +
              " after the kernel's scaling, expected at most " + text::number(largest));
}

std::string extents(MatrixView<const double> x) {
  return std::to_string(x.rows) + " x " + std::to_string(x.cols);
}

}  // namespace

void require_pair(const Door& door, std::span<const double> x, std::span<const double> y,
                  Index dim) {
  require_inputs(door, "x", as_row(x), dim);
  require_inputs(door, "y", as_row(y), dim);
}

void require_two_samples(const Door& door, std::string_view x_name, MatrixView<const double> x,
                         std::string_view y_name, MatrixView<const double> y) {
  if (x.rows < 1 || y.rows < 1 || x.cols < 1 || x.cols != y.cols) {
    door.refuse(std::string(x_name) + " is " + extents(x) + " and " + std::string(y_name) + " " +
                extents(y) + ", expected rows in both and equal columns");
  }
  door.finite(x_name, x).finite(y_name, y);
}

void require_length(const Door& door, std::string_view name, Index row, double squared_norm) {
  constexpr double kLargest = 1e300;
  require_at_most(door, name, row, squared_norm, kLargest);
}

void require_product_length(const Door& door, std::string_view name, Index row,
                            double squared_norm) {
  constexpr double kLargest = 1e150;
  require_at_most(door, name, row, squared_norm, kLargest);
}

}  // namespace bochner::estimator
