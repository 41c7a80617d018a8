// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/optimal_centring.hpp"

#include "estimator/checks.hpp"
#include "estimator/mean_row.hpp"
#include "estimator/row_law.hpp"
#include "kernel/standard_form.hpp"

#include <vector>

namespace bochner {

using namespace estimator;

PairTransform optimal_centring(const Kernel& kernel, const FeatureFunction& features,
                               MatrixView<const double> x, MatrixView<const double> y) {
  require_two_samples(Door("optimal_centring"), "x", x, "y", y);
  const std::vector<double> query = mean_row(x);
  const std::vector<double> key = mean_row(y);
  PairTransform centring{query, key};
  const double sign = row_law(features).argument == RowLaw::Argument::sum ? 1.0 : -1.0;
  const bool same = standard_form(kernel, x.cols).shift_invariant;
  for (std::size_t k = 0; k < query.size(); ++k) {
    const double half = 0.5 * query[k] + (same ? 0.5 : 0.5 * sign) * key[k];
    centring.query[k] = half;
    centring.key[k] = (same ? 1.0 : sign) * half;
  }
  return centring;
}

}  // namespace bochner
