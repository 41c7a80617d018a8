// SPDX-License-Identifier: Apache-2.0
#include "client/gram/checks.hpp"

#include "core/text.hpp"

#include <cmath>
#include <string>

namespace bochner::gram {

void require_size(const Door& door, std::string_view matrix, Index rows, Index expected,
                  std::string_view meaning) {
  if (rows == expected) return;
  door.refuse(std::string(matrix) + " has " + std::to_string(rows) + " rows, expected " +
              std::to_string(expected) + " (" + std::string(meaning) + ")");
}

void require_sum_of_squares(const Door& door, std::string_view what, double sum, double largest) {
  if (std::isfinite(sum) && (sum > 0.0 || largest == 0.0)) return;
  door.refuse("the squares of " + std::string(what) + " " +
              (sum == 0.0 ? "vanish below" : "overflow") +
              " the range of double; the largest is that of " + text::number(largest) +
              "; scale the kernel or the inputs");
}

void refuse_product(const Door& door, Index i) {
  door.refuse("row " + std::to_string(i) + " of the product overflows; scale the inputs down");
}

void refuse_overflow(const Door& door, Index i, Index j) {
  door.refuse("the entry of row " + std::to_string(i) + " of x and row " + std::to_string(j) +
              " of y overflows; scale the inputs down");
}

}  // namespace bochner::gram
