// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression.hpp"
#include "tests/support/data.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

/// \file
/// Data sets with the rows that are held out.

namespace bochner::bench {

struct Part {
  Matrix<float> x;
  Matrix<float> y;  ///< one column

  TrainingRows<float> rows() const { return {x.view(), y.view(), {}}; }
};

/// What may be looked at, and what is predicted.
struct Split {
  Part train;
  Part test;
};

/// The rows of a table whose last column is the target, sent to one part or the other.
template <class IsTest>
Split split(const Matrix<float>& table, const IsTest& is_test) {
  const auto part = [&](bool test) {
    std::vector<Index> rows;
    for (Index i = 0; i < table.rows(); ++i) {
      if (is_test(i) == test) rows.push_back(i);
    }
    const Index d = table.cols() - 1;
    Part result{Matrix<float>(static_cast<Index>(rows.size()), d),
                Matrix<float>(static_cast<Index>(rows.size()), 1)};
    for (Index i = 0; i < result.x.rows(); ++i) {
      const float* const from = table.row(rows[static_cast<std::size_t>(i)]);
      std::copy_n(from, d, result.x.row(i));
      result.y(i, 0) = from[d];
    }
    return result;
  };
  return {part(false), part(true)};
}

/// Every fifth row, from `first` on.
inline Split diamonds(const std::string& folder, Index first) {
  return split(testing::read_columns(folder + "/diamonds.csv", 10),
               [=](Index i) { return i % 5 == first; });
}

/// The last 4,000 of 20,000 rows.
inline Split letter(const std::string& folder) {
  return split(testing::read_columns(folder + "/letter.csv", 17),
               [](Index i) { return i >= 16000; });
}

/// Every fifth station, in sorted order.
inline Split colorado(const std::string& folder) {
  const Matrix<float> table = testing::read_columns(folder + "/colorado.csv", 7);
  std::set<std::array<float, 3>> stations;
  const auto station = [&](Index i) {
    return std::array<float, 3>{table(i, 0), table(i, 1), table(i, 2)};
  };
  for (Index i = 0; i < table.rows(); ++i) stations.insert(station(i));
  const std::vector<std::array<float, 3>> sorted(stations.begin(), stations.end());
  return split(table, [&](Index i) {
    return (std::lower_bound(sorted.begin(), sorted.end(), station(i)) - sorted.begin()) % 5 == 0;
  });
}

/// Paired features, whose number is twice that of the frequencies.
inline FeatureMapSpec paired_spec(Index dim, Index num_features, std::uint64_t seed) {
  return {.input_dim = dim,
          .num_frequencies = num_features / 2,
          .kernel = GaussianKernel{},
          .projection = OrthogonalProjection{},
          .features = TrigonometricFeatures{},
          .seed = {seed},
          .transform = {}};
}

/// Paired features for colorado, with lengthscales of degrees, metres, years, and the circle of the
/// months.
inline FeatureMapSpec colorado_spec(Index num_features) {
  FeatureMapSpec spec = paired_spec(6, num_features, 1);
  spec.kernel = GaussianKernel{Diagonal{{2.0, 2.0, 1000.0, 50.0, 1.5, 1.5}}};
  const std::vector<double> centre = {-105.5, 39.0, 2000.0, 1950.0, 0.0, 0.0};
  spec.transform = {.query = centre, .key = centre};
  return spec;
}

}  // namespace bochner::bench
