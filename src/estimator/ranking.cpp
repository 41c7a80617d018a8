// SPDX-License-Identifier: Apache-2.0
#include "estimator/ranking.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <cmath>

namespace bochner::estimator {
namespace {

/// Errors closer than this count as equal, and so do those that are nothing but rounding.
constexpr double kTie = 1.02;
constexpr double kRounding = 1e-12;

bool ties_with(double error, double best) { return error <= kTie * best + kRounding; }

std::string name_of(const Candidate& candidate) {
  const std::string features =
      std::visit([](const auto& f) { return std::string(f.name); }, candidate.spec.features);
  const PairTransform& transform = candidate.spec.transform;
  return features + " features, " + to_text(candidate.spec.projection) + " frequencies" +
         (transform == PairTransform{} ? "" : ", centred") +
         (transform.matrix.empty() ? "" : " and balanced");
}

bool is_exact(const Candidate& candidate) {
  return std::visit([](const auto& p) { return p.exact_marginal(); }, candidate.spec.projection);
}

std::string short_number(double value) { return text::rounded(value, 3); }

}  // namespace

std::vector<Candidate> ranked(const std::vector<Candidate>& candidates) {
  std::vector<const Candidate*> left;
  for (const Candidate& candidate : candidates) left.push_back(&candidate);
  std::stable_sort(left.begin(), left.end(), [](const Candidate* a, const Candidate* b) {
    return a->error < b->error || (std::isnan(b->error) && !std::isnan(a->error));
  });
  std::vector<Candidate> out;
  while (!left.empty()) {
    const auto tied = std::find_if(left.begin(), left.end(), [&](const Candidate* c) {
      return !ties_with(c->error, left.front()->error);
    });
    const auto cheapest =
        std::min_element(left.begin(), std::max(tied, left.begin() + 1),
                         [](const Candidate* a, const Candidate* b) { return a->cost < b->cost; });
    out.push_back(**cheapest);
    left.erase(cheapest);
  }
  return out;
}

std::string reason_for(const std::vector<Candidate>& order, const std::string& error_name) {
  const Candidate& best = order.front();
  std::string reason = name_of(best) + ": " + error_name + " " + short_number(best.error);
  const auto kind = [](const Candidate& c) {
    return std::visit([](const auto& f) { return std::string_view(f.name); }, c.spec.features);
  };
  const auto other = std::find_if(order.begin(), order.end(),
                                  [&](const Candidate& c) { return kind(c) != kind(best); });
  if (other != order.end()) {
    reason += ", against " + short_number(other->error) + " of the next feature function (" +
              name_of(*other) + ")";
  }
  const auto tied = std::find_if(order.begin() + 1, order.end(), [&](const Candidate& c) {
    return ties_with(c.error, best.error) && c.cost > best.cost;
  });
  if (tied != order.end()) reason += "; equal within 2 % to costlier ones";
  if (!is_exact(best)) {
    const auto exact = std::find_if(order.begin(), order.end(), is_exact);
    if (exact != order.end()) {
      reason += "; it is slightly biased, and the best unbiased map (" + name_of(*exact) +
                ") has " + short_number(exact->error);
    }
  }
  return reason;
}

}  // namespace bochner::estimator
