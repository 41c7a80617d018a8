// SPDX-License-Identifier: Apache-2.0
#include "estimator/error_sums.hpp"

#include "core/door.hpp"

#include <cmath>

namespace bochner {

void ErrorSums::add(const ErrorSums& other) {
  row.add(other.row);
  pair.add(other.pair);
  block.add(other.block);
  bias.add(other.bias);
  norm.add(other.norm);
}

GramErrorCurve ErrorSums::curve(const BlockLaw& law) const {
  GramErrorCurve out;
  out.log_row_variance = row.log();
  out.log_pair_variance = pair.log();
  out.log_block_variance = block.log();
  out.log_squared_bias = bias.log();
  out.log_squared_norm = norm.log();
  out.block_size = group_size(law);
  out.pair_size = law.pairing == BlockLaw::Pairing::opposite ? 2 : 1;
  out.exact_columns = law.exact;
  if (law.pairing == BlockLaw::Pairing::sketch) out.groups = ColumnGroups::sketches;
  return out;
}

PredictedGramError GramErrorCurve::at(Index num_frequencies) const {
  constexpr Door kDoor("GramErrorCurve::at");
  kDoor.at_least("num_frequencies", num_frequencies, 1);
  if (num_frequencies <= exact_columns) {
    kDoor.refuse("num_frequencies", std::to_string(num_frequencies),
                 "more than " + std::to_string(exact_columns) + " (columns of exact terms)");
  }
  BlockLaw law{.size = block_size, .exact = exact_columns};
  if (pair_size == 2) law.pairing = BlockLaw::Pairing::opposite;
  if (groups == ColumnGroups::sketches) law.pairing = BlockLaw::Pairing::sketch;
  const LogVariances variances{
      .row = log_row_variance, .pair = log_pair_variance, .block = log_block_variance};
  PredictedGramError out;
  out.log_squared_error = log_sum(log_variance(law, variances, num_frequencies), log_squared_bias);
  out.log_squared_norm = log_squared_norm;
  out.squared_error = std::exp(out.log_squared_error);
  out.squared_norm = std::exp(out.log_squared_norm);
  out.relative_error = std::exp(0.5 * (out.log_squared_error - out.log_squared_norm));
  return out;
}

}  // namespace bochner
