// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/regression/groups.hpp"

#include "bochner/core/matrix.hpp"
#include "client/regression/drawn_rows.hpp"
#include "core/door.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>

namespace bochner {
namespace {

constexpr Index kRows = 65536;
constexpr double kMoreValues = 1.1;
constexpr Index kFewestGroups = 50;
constexpr Index kRowsEach = 10;
constexpr double kLinear = 0.999;

/// Labels in the order of the distinct (a, b).
struct Labels {
  std::vector<Index> of_row;
  Index count = 0;
};

/// Numbers the distinct rows, of which `less` says which comes first.
template <class Less>
Labels number_distinct(Index rows, const Less& less) {
  std::vector<Index> order(static_cast<std::size_t>(rows));
  std::iota(order.begin(), order.end(), Index{0});
  std::sort(order.begin(), order.end(), less);
  Labels labels{std::vector<Index>(order.size()), 0};
  for (std::size_t k = 0; k < order.size(); ++k) {
    if (k == 0 || less(order[k - 1], order[k])) ++labels.count;
    labels.of_row[static_cast<std::size_t>(order[k])] = labels.count - 1;
  }
  return labels;
}

template <Scalar T>
Labels distinct_rows(MatrixView<const T> x) {
  return number_distinct(x.rows, [&](Index a, Index b) {
    for (Index k = 0; k < x.cols; ++k) {
      if (x(a, k) != x(b, k)) return x(a, k) < x(b, k);
    }
    return false;
  });
}

Labels joined(const Labels& a, const Labels& b) {
  return number_distinct(static_cast<Index>(a.of_row.size()), [&](Index i, Index j) {
    const auto p = static_cast<std::size_t>(i);
    const auto q = static_cast<std::size_t>(j);
    if (a.of_row[p] != a.of_row[q]) return a.of_row[p] < a.of_row[q];
    return b.of_row[p] < b.of_row[q];
  });
}

template <Scalar T>
double correlation(MatrixView<const T> x, Index a, Index b) {
  double mean[2] = {};
  for (Index i = 0; i < x.rows; ++i) {
    mean[0] += static_cast<double>(x(i, a)) / static_cast<double>(x.rows);
    mean[1] += static_cast<double>(x(i, b)) / static_cast<double>(x.rows);
  }
  double aa = 0.0, ab = 0.0, bb = 0.0;
  for (Index i = 0; i < x.rows; ++i) {
    const double p = static_cast<double>(x(i, a)) - mean[0];
    const double q = static_cast<double>(x(i, b)) - mean[1];
    aa += p * p;
    ab += p * q;
    bb += q * q;
  }
  return ab == 0.0 ? 0.0 : ab / std::sqrt(aa * bb);
}

bool repeats(const Labels& joint, Index most, Index rows) {
  return joint.count >= kFewestGroups && joint.count * kRowsEach <= rows &&
         static_cast<double>(joint.count) <= kMoreValues * static_cast<double>(most);
}

}  // namespace

template <Scalar T>
std::vector<Index> group_labels(MatrixView<const T> columns) {
  Door("group_labels").finite("columns", columns);
  return distinct_rows(columns).of_row;
}

template <Scalar T>
std::vector<Index> repeated_columns(MatrixView<const T> x) {
  Door("repeated_columns").finite("x", x);
  const std::vector<Index> drawn = regression::drawn_rows(x.rows, kRows, Seed{0});
  const auto rows = static_cast<Index>(drawn.size());
  Matrix<T> copied(rows, x.cols);
  for (Index i = 0; i < rows; ++i) {
    for (Index k = 0; k < x.cols; ++k) copied(i, k) = x(drawn[static_cast<std::size_t>(i)], k);
  }
  const MatrixView<const T> sample = std::as_const(copied).view();
  std::vector<Labels> single;
  for (Index k = 0; k < x.cols; ++k) single.push_back(distinct_rows(sample.middle_cols(k, 1)));

  std::vector<Index> best;
  for (Index first = 0; first < x.cols; ++first) {
    Labels joint = single[static_cast<std::size_t>(first)];
    Index most = joint.count;
    std::vector<Index> set = {first};
    for (Index next = 0; next < x.cols; ++next) {
      const Labels& other = single[static_cast<std::size_t>(next)];
      if (next == first || joint.count * kRowsEach > rows || other.count < kFewestGroups / 2) {
        continue;
      }
      const bool linear = std::any_of(set.begin(), set.end(), [&](Index k) {
        return std::abs(correlation(sample, k, next)) > kLinear;
      });
      if (linear) continue;
      Labels both = joined(joint, other);
      if (!repeats(both, std::max(most, other.count), rows)) continue;
      most = std::max(most, other.count);
      joint = std::move(both);
      set.push_back(next);
    }
    if (set.size() >= 2 && set.size() > best.size()) best = set;
  }
  std::sort(best.begin(), best.end());
  return best;
}

template std::vector<Index> group_labels(MatrixView<const float>);
template std::vector<Index> group_labels(MatrixView<const double>);
template std::vector<Index> repeated_columns(MatrixView<const float>);
template std::vector<Index> repeated_columns(MatrixView<const double>);

}  // namespace bochner
