// SPDX-License-Identifier: Apache-2.0
//
// Writes, for every map, its frequencies, then its features in double and in float with the
// exponents multiplied in, as binary doubles. The instruction set is the environment's choice.

#include "maps.hpp"

#include <cmath>
#include <cstdio>

using namespace bochner;

namespace {

void write(const double* values, Index count) {
  std::fwrite(values, sizeof(double), static_cast<std::size_t>(count), stdout);
}

template <Scalar T>
void write_features(const FeatureMapSpec& spec) {
  const auto out = property::apply<T>(FeatureMap<T>(spec),
                                      property::rows<T>(reproducibility::kRows, spec.input_dim));
  for (Index i = 0; i < out.phi.rows(); ++i) {
    for (Index j = 0; j < out.phi.cols(); ++j) {
      const double value =
          std::ldexp(static_cast<double>(out.phi(i, j)), out.exponent[static_cast<std::size_t>(i)]);
      write(&value, 1);
    }
  }
}

}  // namespace

int main() {
  for (const FeatureMapSpec& spec : reproducibility::specs()) {
    const Matrix<double> w = FeatureMap<double>(spec).frequencies();
    write(w.data(), w.size());
    write_features<double>(spec);
    write_features<float>(spec);
  }
}
