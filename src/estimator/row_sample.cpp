// SPDX-License-Identifier: Apache-2.0
#include "estimator/row_sample.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace bochner::estimator {

Matrix<double> row_sample(MatrixView<const double> x, Index count, Seed seed, std::uint64_t item) {
  std::vector<std::pair<std::uint64_t, Index>> order;
  order.reserve(static_cast<std::size_t>(x.rows));
  const Stream stream(seed, Purpose::study, item);
  for (Index i = 0; i < x.rows; ++i) {
    order.emplace_back(x.rows <= count ? 0 : stream.bits(static_cast<std::uint64_t>(i)), i);
  }
  const Index kept = std::min(count, x.rows);
  std::nth_element(order.begin(), order.begin() + (kept - 1), order.end());
  std::sort(order.begin(), order.begin() + kept,
            [](const auto& a, const auto& b) { return a.second < b.second; });
  Matrix<double> out(kept, x.cols);
  for (Index r = 0; r < kept; ++r) {
    for (Index k = 0; k < x.cols; ++k) {
      out(r, k) = x(order[static_cast<std::size_t>(r)].second, k);
    }
  }
  return out;
}

}  // namespace bochner::estimator
