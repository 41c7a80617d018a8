// SPDX-License-Identifier: Apache-2.0
#include "estimator/error_sums.hpp"

namespace bochner::estimator {

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
  out.pair_size = law.in_pairs() ? 2 : 1;
  out.exact_columns = law.exact;
  if (law.pairing == BlockLaw::Pairing::sketch) out.groups = ColumnGroups::sketches;
  return out;
}

}  // namespace bochner::estimator
