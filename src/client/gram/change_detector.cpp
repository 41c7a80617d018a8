// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram/change_detector.hpp"

#include "client/gram/feature_rows.hpp"
#include "core/door.hpp"
#include "core/text.hpp"

#include <cmath>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

namespace bochner {

using namespace gram;

namespace {

constexpr Door kChangeDetector("ChangeDetector");
constexpr Door kDetectorAdd("ChangeDetector::add");

/// What rounding in T may add to |phi|^2.
template <Scalar T>
constexpr double kSquareRounding = std::same_as<T, float> ? 1e-4 : 1e-9;

void add_features(std::vector<double>& sum, const std::vector<double>& other) {
  for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += other[j];
}

/// |(total - recent) / before - recent / after|
double distance_between(const std::vector<double>& total, const std::vector<double>& recent,
                        double before, double after) {
  double square = 0.0;
  for (std::size_t j = 0; j < total.size(); ++j) {
    const double difference = (total[j] - recent[j]) / before - recent[j] / after;
    square += difference * difference;
  }
  return std::sqrt(square);
}

}  // namespace

template <Scalar T>
ChangeDetector<T>::ChangeDetector(FeatureMap<T> map, ChangeDetectorOptions options)
    : map_(std::move(map)), options_(options) {
  kChangeDetector.fraction("false_alarm_rate", options_.false_alarm_rate)
      .positive("largest_square", options_.largest_square);
  if (!map_.spec().transform.is_symmetric()) {
    kChangeDetector.refuse(
        "the map's transform treats queries and keys differently, expected one for both (the rows "
        "of a stream have one side)");
  }
}

template <Scalar T>
void ChangeDetector<T>::push(std::vector<double> phi) {
  runs_.push_back({1, std::move(phi)});
  // Of three runs of one length the older two become one.
  for (std::size_t end = runs_.size(); end >= 3 && runs_[end - 3].rows == runs_[end - 1].rows;) {
    Run& older = runs_[end - 3];
    older.rows += runs_[end - 2].rows;
    add_features(older.sum, runs_[end - 2].sum);
    runs_.erase(runs_.begin() + static_cast<std::ptrdiff_t>(end) - 2);
    end -= 2;
  }
}

/// The change that exceeds its threshold by most, if one does.
template <Scalar T>
std::optional<Change> ChangeDetector<T>::compare() const {
  std::vector<double> total(runs_.front().sum.size());
  for (const Run& run : runs_) add_features(total, run.sum);
  std::vector<double> recent(total.size());
  const auto n = static_cast<double>(stretch_);
  const auto points = static_cast<double>(runs_.size() - 1);
  const double factor = 1.0 + std::sqrt(2.0 * (std::log(n) + std::log(n - 1.0) + std::log(points) -
                                               std::log(options_.false_alarm_rate)));
  Index after = 0;
  std::optional<Change> found;
  for (std::size_t r = runs_.size() - 1; r > 0; --r) {
    add_features(recent, runs_[r].sum);
    after += runs_[r].rows;
    const auto q = static_cast<double>(after);
    const double threshold =
        factor * std::sqrt(options_.largest_square * (1.0 / (n - q) + 1.0 / q));
    const double distance = distance_between(total, recent, n - q, q);
    if (distance <= threshold) continue;
    if (found && distance * found->threshold <= found->distance * threshold) continue;
    found = Change{num_rows_ - 1, num_rows_ - after, distance, threshold};
  }
  return found;
}

template <Scalar T>
std::vector<Change> ChangeDetector<T>::add(MatrixView<const T> x, const Execution& execution) {
  kDetectorAdd.columns("x", x, map_.input_dim(), "the map's input_dim").template finite<T>("x", x);
  std::vector<Change> changes;
  if (x.rows == 0) return changes;
  ChangeDetector next(*this);
  for_each_feature_row(kDetectorAdd, map_, x, execution, [&](Index i, std::span<const double> phi) {
    const double square = std::inner_product(phi.begin(), phi.end(), phi.begin(), 0.0);
    if (square > (1.0 + kSquareRounding<T>)*options_.largest_square) {
      kDetectorAdd.refuse("row " + std::to_string(i) + " of x has features of squared length " +
                          text::number(square) + ", expected at most " +
                          text::number(options_.largest_square) +
                          " (largest_square, for which the false alarm rate holds)");
    }
    next.push({phi.begin(), phi.end()});
    ++next.num_rows_;
    ++next.stretch_;
    if (next.stretch_ < 2) return;
    const std::optional<Change> found = next.compare();
    if (!found) return;
    changes.push_back(*found);
    next.runs_.clear();
    next.stretch_ = 0;
  });
  *this = std::move(next);
  return changes;
}

template class ChangeDetector<float>;
template class ChangeDetector<double>;

}  // namespace bochner
