// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "client/regression/feature_blocks.hpp"
#include "simd/engine.hpp"

#include <span>
#include <utility>
#include <vector>

/// \file
/// The outputs of many linear models on one map, block by block.

namespace bochner::regression {

/// Calls body(first, rows, outputs) with outputs(r, c) = theta_c . phi(x_(first + r)) +
/// intercept_c for each block of rows; `theta` is num_features x outputs, rows padded. Blocks may
/// be handled at once by several threads.
template <Scalar T, class Body>
void for_output_blocks(const Door& door, const FeatureMap<T>& map, MatrixView<const T> x,
                       const Matrix<double>& theta, std::span<const double> intercepts,
                       const Execution& execution, const Body& body) {
  const auto columns = static_cast<Index>(intercepts.size());
  const simd::Kernels<double>& engine = simd::kernels<double>();
  std::vector<Matrix<double>> products;
  for (int w = 0; w < feature_workers(x.rows, execution); ++w) {
    products.emplace_back(simd::kBlockRows, theta.cols());
  }
  for_feature_blocks(
      door, map, x, execution, [&](Index first, Index rows, const double* phi, std::size_t worker) {
        Matrix<double>& product = products[worker];
        engine.contract(phi, feature_stride(map.num_features()), rows, map.num_features(),
                        theta.data(), theta.cols(), columns, product.data(), product.cols());
        for (Index r = 0; r < rows; ++r) {
          for (Index c = 0; c < columns; ++c) {
            product(r, c) += intercepts[static_cast<std::size_t>(c)];
          }
        }
        body(first, rows, std::as_const(product).view());
      });
}

}  // namespace bochner::regression
