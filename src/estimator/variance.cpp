// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/variance.hpp"

#include "core/parallel.hpp"
#include "estimator/checks.hpp"
#include "estimator/moments.hpp"

#include <algorithm>
#include <memory>

namespace bochner {

using namespace estimator;

KernelMoments kernel_moments(const FeatureMapSpec& spec, std::span<const double> x,
                             std::span<const double> y) {
  constexpr Door kDoor("kernel_moments");
  const auto moments = moments_of(kDoor, spec);
  require_pair(kDoor, x, y, spec.input_dim);
  return moments->at(kDoor, {x.data(), y.data()});
}

std::vector<KernelMoments> kernel_moments(const FeatureMapSpec& spec, MatrixView<const double> x,
                                          MatrixView<const double> y, const Execution& execution) {
  constexpr Door kDoor("kernel_moments");
  const auto moments = moments_of(kDoor, spec);
  require_row_pairs(kDoor, x, y, spec.input_dim);
  std::vector<KernelMoments> out(static_cast<std::size_t>(x.rows));
  constexpr Index kPairs = 64;
  const Index blocks = (x.rows + kPairs - 1) / kPairs;
  parallel_for_blocks(blocks, execution, [&](Index block, int) {
    std::vector<double> query(static_cast<std::size_t>(x.cols));
    std::vector<double> key(query.size());
    for (Index i = block * kPairs; i < std::min(x.rows, (block + 1) * kPairs); ++i) {
      for (Index k = 0; k < x.cols; ++k) {
        query[static_cast<std::size_t>(k)] = x(i, k);
        key[static_cast<std::size_t>(k)] = y(i, k);
      }
      out[static_cast<std::size_t>(i)] = moments->at(kDoor, {query.data(), key.data(), i});
    }
  });
  return out;
}

double row_moment(const FeatureMapSpec& spec, int order, std::span<const double> x,
                  std::span<const double> y) {
  constexpr Door kDoor("row_moment");
  kDoor.between("order", Index{order}, 1, 4);
  const auto moments = moments_of(kDoor, spec);
  require_pair(kDoor, x, y, spec.input_dim);
  return moments->row_moment(kDoor, {x.data(), y.data()}, order);
}

}  // namespace bochner
