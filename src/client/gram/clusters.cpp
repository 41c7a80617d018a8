// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram/clusters.hpp"

#include "client/gram/centred_features.hpp"
#include "client/gram/feature_products.hpp"
#include "core/door.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

namespace bochner {

using namespace gram;

namespace {

constexpr Door kKernelKmeans("kernel_kmeans");

/// The nearest centre of every row, and the squared distance to it.
struct Assignment {
  std::vector<Index> labels;
  std::vector<double> distances;
  double sum() const {
    double total = 0.0;
    for (const double d : distances) total += d;
    return total;
  }
};

/// a + b - 2 product, |u - v|^2 of |u|^2, |v|^2 and u.v in T; 0 where only rounding is left.
template <Scalar T>
double squared_distance(double a, double b, double product) {
  constexpr double kRounding = 4.0 * std::numeric_limits<T>::epsilon();
  const double d = a + b - 2.0 * product;
  return d > kRounding * (a + b) ? d : 0.0;
}

template <Scalar T>
Assignment assign(const GramApproximation<T>& rows, const std::vector<double>& squares,
                  MatrixView<const double> centres, const Execution& execution) {
  ScaledColumns columns{Matrix<double>(centres.rows, centres.cols),
                        std::vector<std::int64_t>(static_cast<std::size_t>(centres.cols))};
  std::vector<double> norms(static_cast<std::size_t>(centres.cols));
  for (Index j = 0; j < centres.rows; ++j) {
    for (Index c = 0; c < centres.cols; ++c) {
      columns.values(j, c) = centres(j, c);
      norms[static_cast<std::size_t>(c)] += centres(j, c) * centres(j, c);
    }
  }
  Matrix<double> products(rows.size(), centres.cols);
  product(kKernelKmeans, rows.features(), columns, products.view(), execution);
  Assignment out;
  for (Index i = 0; i < rows.size(); ++i) {
    Index nearest = 0;
    double least = std::numeric_limits<double>::infinity();
    for (Index c = 0; c < centres.cols; ++c) {
      const double d = norms[static_cast<std::size_t>(c)] - 2.0 * products(i, c);
      if (d < least) {
        least = d;
        nearest = c;
      }
    }
    out.labels.push_back(nearest);
    out.distances.push_back(squared_distance<T>(squares[static_cast<std::size_t>(i)],
                                                norms[static_cast<std::size_t>(nearest)],
                                                products(i, nearest)));
  }
  return out;
}

/// Means of the features of each cluster; `members` is n x k of zeros and ones.
template <Scalar T>
Matrix<double> weighted_features(const GramApproximation<T>& rows, const Matrix<double>& members,
                                 const Execution& execution) {
  const ScaledColumns sums = transposed_product(rows.features(), members.view(), execution);
  Matrix<double> out(rows.num_features(), members.cols());
  for (Index c = 0; c < out.cols(); ++c) {
    for (Index j = 0; j < out.rows(); ++j) {
      out(j, c) = finite_entry(kKernelKmeans, sums.values(j, c),
                               sums.exponent[static_cast<std::size_t>(c)], j, c);
    }
  }
  return out;
}

/// Every cluster has a row: one that lost all takes the row farthest from its own centre.
void fill_empty(Assignment& assignment, Index clusters) {
  std::vector<Index> sizes(static_cast<std::size_t>(clusters));
  for (const Index label : assignment.labels) ++sizes[static_cast<std::size_t>(label)];
  for (Index c = 0; c < clusters; ++c) {
    if (sizes[static_cast<std::size_t>(c)] > 0) continue;
    std::size_t farthest = assignment.labels.size();
    for (std::size_t i = 0; i < assignment.labels.size(); ++i) {
      if (sizes[static_cast<std::size_t>(assignment.labels[i])] < 2) continue;
      if (farthest == assignment.labels.size() ||
          assignment.distances[i] > assignment.distances[farthest]) {
        farthest = i;
      }
    }
    --sizes[static_cast<std::size_t>(assignment.labels[farthest])];
    sizes[static_cast<std::size_t>(c)] = 1;
    assignment.labels[farthest] = c;
    assignment.distances[farthest] = 0.0;
  }
}

template <Scalar T>
Matrix<double> means(const GramApproximation<T>& rows, const std::vector<Index>& labels,
                     Index clusters, const Execution& execution) {
  Matrix<double> members(rows.size(), clusters);
  std::vector<double> sizes(static_cast<std::size_t>(clusters));
  for (const Index label : labels) sizes[static_cast<std::size_t>(label)] += 1.0;
  for (Index i = 0; i < rows.size(); ++i) {
    const Index label = labels[static_cast<std::size_t>(i)];
    members(i, label) = 1.0 / sizes[static_cast<std::size_t>(label)];
  }
  return weighted_features(rows, members, execution);
}

/// The features of rows drawn one after the other, in proportion to squared distances.
template <Scalar T>
Matrix<double> first_centres(const GramApproximation<T>& rows, const std::vector<double>& squares,
                             Index clusters, const Stream& stream, const Execution& execution) {
  const auto n = static_cast<std::size_t>(rows.size());
  std::vector<double> distances(n, 1.0);
  Matrix<double> members(rows.size(), clusters);
  Matrix<double> column(1, rows.size());
  for (Index c = 0; c < clusters; ++c) {
    double total = 0.0;
    for (const double d : distances) total += d;
    double left = stream.uniform(static_cast<std::uint64_t>(c)) * total;
    std::size_t chosen = 0;
    while (chosen + 1 < n && (left -= distances[chosen]) > 0.0) ++chosen;
    // Where every row coincides with a centre, any row is the next.
    if (!(total > 0.0)) chosen = static_cast<std::size_t>(c);
    members(static_cast<Index>(chosen), c) = 1.0;
    const auto row = static_cast<Index>(chosen);
    rows.rows(std::span(&row, 1), column.view(), execution);
    for (std::size_t i = 0; i < n; ++i) {
      const double d =
          squared_distance<T>(squares[i], squares[chosen], column(0, static_cast<Index>(i)));
      distances[i] = c == 0 ? d : std::min(distances[i], d);
    }
  }
  return weighted_features(rows, members, execution);
}

template <Scalar T>
KernelClusters from_start(const GramApproximation<T>& rows, const std::vector<double>& squares,
                          const ClusterOptions& options, Index start, const Execution& execution) {
  const Stream stream(options.seed, Purpose::study, static_cast<std::uint64_t>(start));
  KernelClusters out;
  out.centres = first_centres(rows, squares, options.clusters, stream, execution);
  while (out.iterations < options.max_iterations && !out.converged) {
    ++out.iterations;
    Assignment next = assign(rows, squares, out.centres.view(), execution);
    fill_empty(next, options.clusters);
    out.converged = next.labels == out.labels;
    out.labels = std::move(next.labels);
    out.centres = means(rows, out.labels, options.clusters, execution);
  }
  const Assignment last = assign(rows, squares, out.centres.view(), execution);
  out.inertia = last.sum();
  return out;
}

}  // namespace

template <Scalar T>
KernelClusters kernel_kmeans(const GramApproximation<T>& rows, const ClusterOptions& options,
                             const Execution& execution) {
  kKernelKmeans.between("clusters", options.clusters, 1, rows.size())
      .at_least("restarts", options.restarts, 1)
      .at_least("max_iterations", options.max_iterations, 1);
  // Distances do not change when a vector is added to all features.
  const std::vector<double> mean = mean_features(kKernelKmeans, rows.features());
  const GramApproximation<T> centred(
      std::make_shared<const FeatureSource<T>>(rows.features(), mean));
  const std::vector<double> squares = centred.diagonal(execution);
  KernelClusters best = from_start(centred, squares, options, 0, execution);
  for (Index start = 1; start < options.restarts; ++start) {
    KernelClusters next = from_start(centred, squares, options, start, execution);
    if (next.inertia < best.inertia) best = std::move(next);
  }
  for (Index j = 0; j < best.centres.rows(); ++j) {
    for (Index c = 0; c < best.centres.cols(); ++c) {
      best.centres(j, c) += mean[static_cast<std::size_t>(j)];
    }
  }
  return best;
}

template <Scalar T>
std::vector<Index> nearest_clusters(const GramApproximation<T>& rows,
                                    MatrixView<const double> centres, const Execution& execution) {
  Door("nearest_clusters")
      .at_least("the number of columns of centres", centres.cols, 1)
      .rows("centres", centres, rows.num_features(), "one row per feature")
      .finite("centres", centres);
  // Relative to the first centre: what centres have in common costs no digits.
  std::vector<double> origin;
  for (Index j = 0; j < centres.rows; ++j) origin.push_back(centres(j, 0));
  Matrix<double> differences(centres.rows, centres.cols);
  for (Index j = 0; j < centres.rows; ++j) {
    for (Index c = 0; c < centres.cols; ++c) differences(j, c) = centres(j, c) - centres(j, 0);
  }
  const GramApproximation<T> centred(
      std::make_shared<const FeatureSource<T>>(rows.features(), origin));
  return assign(centred, centred.diagonal(execution), differences.view(), execution).labels;
}

template KernelClusters kernel_kmeans(const GramApproximation<float>&, const ClusterOptions&,
                                      const Execution&);
template KernelClusters kernel_kmeans(const GramApproximation<double>&, const ClusterOptions&,
                                      const Execution&);
template std::vector<Index> nearest_clusters(const GramApproximation<float>&,
                                             MatrixView<const double>, const Execution&);
template std::vector<Index> nearest_clusters(const GramApproximation<double>&,
                                             MatrixView<const double>, const Execution&);

}  // namespace bochner
