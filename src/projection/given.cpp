// SPDX-License-Identifier: Apache-2.0
#include "bochner/projection/given.hpp"

#include "core/door.hpp"
#include "kernel/frequency_law.hpp"
#include "linalg/copy.hpp"
#include "projection/block_law.hpp"

namespace bochner {

void GivenProjection::check(const FrequencyLaw& law) const {
  Door(name).shape("frequencies", frequencies.rows(), law.num_frequencies, law.dim,
                   "num_frequencies x input_dim");
}

BlockLaw GivenProjection::block_law(Index dim) const {
  return {.dim = static_cast<double>(dim),
          .gap =
              "the law of given frequencies is not known, and with it their error; estimate it "
              "from the rows (`estimate`, `attention_with_error`)",
          .redraws = false};
}

Matrix<double> GivenProjection::draw(const FrequencyLaw& law) const {
  Matrix<double> w(law.num_frequencies, law.dim);
  linalg::copy(frequencies.rows(), w);
  return w;
}

}  // namespace bochner
