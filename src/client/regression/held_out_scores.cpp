// SPDX-License-Identifier: Apache-2.0
#include "client/regression/held_out_scores.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

namespace bochner::regression {

std::vector<double> unit_shares(const Door& door, std::span<const Index> units) {
  std::map<Index, double> rows;
  for (const Index unit : units) rows[unit] += 1.0;
  door.at_least("the number of units with rows of positive weight", static_cast<Index>(rows.size()),
                2);
  const double all = static_cast<double>(rows.size()) + 1.0;
  std::vector<double> shares;
  for (const Index unit : units) shares.push_back(1.0 / (all * rows[unit]));
  return shares;
}

HeldOutScores::HeldOutScores(const ScoredRows& rows, Index kind, Index models) {
  std::vector<Index> order(rows.model.size());
  std::iota(order.begin(), order.end(), Index{0});
  std::sort(order.begin(), order.end(), [&](Index a, Index b) {
    const Index model_a = rows.model[static_cast<std::size_t>(a)];
    const Index model_b = rows.model[static_cast<std::size_t>(b)];
    if (model_a != model_b) return model_a < model_b;
    return rows.scores(a, kind) < rows.scores(b, kind);
  });
  auto next = order.begin();
  for (Index model = 0; model < models; ++model) {
    begin_.push_back(score_.size());
    double sum = 0.0;
    for (; next != order.end() && rows.model[static_cast<std::size_t>(*next)] == model; ++next) {
      score_.push_back(rows.scores(*next, kind));
      cumulative_.push_back(sum += rows.share[static_cast<std::size_t>(*next)]);
    }
  }
  begin_.push_back(score_.size());
}

double HeldOutScores::total() const {
  double sum = 0.0;
  for (std::size_t m = 0; m + 1 < begin_.size(); ++m) {
    sum += share_of_first(m, begin_[m + 1] - begin_[m]);
  }
  return sum;
}

double HeldOutScores::quantile(const double* shift, Index stride, double sign, double level) const {
  if (total() < level - kShareRounding) return std::numeric_limits<double>::infinity();
  const auto shift_of = [&](std::size_t m) { return sign * shift[static_cast<Index>(m) * stride]; };
  double least = std::numeric_limits<double>::infinity();
  double enough = -least;
  for (std::size_t m = 0; m + 1 < begin_.size(); ++m) {
    const std::span<const double> scores = scores_of(m);
    if (scores.empty()) continue;
    least = std::min(least, scores.front() + shift_of(m));
    enough = std::max(enough, scores.back() + shift_of(m));
  }
  const auto reached = [&](double value) {
    double sum = 0.0;
    for (std::size_t m = 0; m + 1 < begin_.size(); ++m) {
      const std::span<const double> scores = scores_of(m);
      // Compared as they were added above, so that the largest is not beyond `enough`.
      const auto end = std::partition_point(
          scores.begin(), scores.end(), [&](double score) { return score + shift_of(m) <= value; });
      sum += share_of_first(m, static_cast<std::size_t>(end - scores.begin()));
    }
    return sum >= level - kShareRounding;
  };
  if (reached(least)) return least;
  double too_little = least;
  // Halved until nothing lies between: at most some 60 times within one binade.
  for (;;) {
    const double middle = std::midpoint(too_little, enough);
    if (middle <= too_little || middle >= enough) return enough;
    (reached(middle) ? enough : too_little) = middle;
  }
}

double HeldOutScores::below(const double* value, Index stride) const {
  double sum = 0.0;
  for (std::size_t m = 0; m + 1 < begin_.size(); ++m) {
    const std::span<const double> scores = scores_of(m);
    const auto end =
        std::lower_bound(scores.begin(), scores.end(), value[static_cast<Index>(m) * stride]);
    sum += share_of_first(m, static_cast<std::size_t>(end - scores.begin()));
  }
  return sum;
}

}  // namespace bochner::regression
