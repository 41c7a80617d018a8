// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/gram/approximation.hpp>
#include <bochner/core/execution.hpp>
#include <bochner/core/field.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/export.hpp>
#include <bochner/random/stream.hpp>

#include <tuple>
#include <vector>

/// \file
/// Kernel k-means by random features.

namespace bochner {

struct ClusterOptions {
  Index clusters = 2;          ///< k, 1 to n
  Index restarts = 10;         ///< from other first centres; the best outcome counts
  Index max_iterations = 100;  ///< of each start
  Seed seed{};

  static constexpr auto fields() {
    return std::tuple{Field{"clusters", &ClusterOptions::clusters},
                      Field{"restarts", &ClusterOptions::restarts},
                      Field{"max_iterations", &ClusterOptions::max_iterations},
                      Field{"seed", &ClusterOptions::seed}};
  }
};

struct KernelClusters {
  std::vector<Index> labels;  ///< in [0, k), one per row
  Matrix<double> centres;     ///< D x k: means of features
  double inertia = 0.0;       ///< sum of squared distances to the nearest centre, in feature space
  Index iterations = 0;       ///< of the start that counts
  bool converged = false;     ///< no label changed in the last one
};

/// Lloyd's iteration on the features, which is that on K^ itself: |phi_i - c|^2 sums over entries
/// of K^. First centres are rows drawn in proportion to their squared distance from those before
/// [Arthur07]; a cluster that loses all rows takes the row farthest from its own centre. O(n D k)
/// per iteration; the same bits for any number of threads. Throws InvalidArgument on options out of
/// range and when features overflow.
template <Scalar T>
KernelClusters kernel_kmeans(const GramApproximation<T>& rows, const ClusterOptions& options,
                             const Execution& execution = {});

/// The nearest of the columns of `centres` (D x k) for each row, the first of equals: for rows that
/// were not clustered, under the same map. Throws InvalidArgument on other shapes and without
/// columns.
template <Scalar T>
std::vector<Index> nearest_clusters(const GramApproximation<T>& rows,
                                    MatrixView<const double> centres,
                                    const Execution& execution = {});

extern template BOCHNER_EXPORT KernelClusters kernel_kmeans(const GramApproximation<float>&,
                                                            const ClusterOptions&,
                                                            const Execution&);
extern template BOCHNER_EXPORT KernelClusters kernel_kmeans(const GramApproximation<double>&,
                                                            const ClusterOptions&,
                                                            const Execution&);
extern template BOCHNER_EXPORT std::vector<Index> nearest_clusters(const GramApproximation<float>&,
                                                                   MatrixView<const double>,
                                                                   const Execution&);
extern template BOCHNER_EXPORT std::vector<Index> nearest_clusters(const GramApproximation<double>&,
                                                                   MatrixView<const double>,
                                                                   const Execution&);

}  // namespace bochner
