// SPDX-License-Identifier: Apache-2.0
#include "bochner/projection/given.hpp"

#include "core/door.hpp"
#include "kernel/frequency_law.hpp"
#include "linalg/copy.hpp"
#include "projection/block_law.hpp"

namespace bochner {

void GivenProjection::check(const FrequencyLaw& wanted) const {
  const Door door(name);
  door.shape("frequencies", frequencies.rows(), wanted.num_frequencies, wanted.dim,
             "num_frequencies x input_dim");
  if (law == GivenLaw::independent && !frequencies.weights().empty()) {
    door.refuse("law", "independent", "unknown where frequencies have weights");
  }
}

BlockLaw GivenProjection::block_law(Index dim) const {
  if (law == GivenLaw::independent) return {.dim = static_cast<double>(dim), .redraws = false};
  return {.dim = static_cast<double>(dim),
          .gap =
              "the law of given frequencies is not known, and with it their error; estimate it "
              "from the rows (`estimate`, `attention_with_error`)",
          .redraws = false};
}

Matrix<double> GivenProjection::draw(const FrequencyLaw& wanted) const {
  Matrix<double> w(wanted.num_frequencies, wanted.dim);
  linalg::copy(frequencies.rows(), w);
  return w;
}

}  // namespace bochner
