// SPDX-License-Identifier: Apache-2.0
#include "core/finite.hpp"

#include "bochner/core/error.hpp"

#include <cmath>

namespace bochner {

template <Scalar T>
void require_finite(const std::string& function, const std::string& argument,
                    MatrixView<const T> x) {
  for (Index i = 0; i < x.rows; ++i) {
    for (Index j = 0; j < x.cols; ++j) {
      if (std::isfinite(x(i, j))) continue;
      throw InvalidArgument(function + ": " + argument + ": row " + std::to_string(i) +
                            ", column " + std::to_string(j) + " is " + std::to_string(x(i, j)) +
                            ", expected a finite number");
    }
  }
}

template void require_finite<float>(const std::string&, const std::string&,
                                    MatrixView<const float>);
template void require_finite<double>(const std::string&, const std::string&,
                                     MatrixView<const double>);

}  // namespace bochner
