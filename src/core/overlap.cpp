// SPDX-License-Identifier: Apache-2.0
#include "core/overlap.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace bochner {
namespace {

/// step x, 0 <= x <= most, both positive.
struct Term {
  Index step;
  Index most;
};

constexpr Index kMostSteps = 1'000'000;

/// x in [0, m) with a x = b mod m, for a and m without a common factor.
Index solve_congruence(Index a, Index b, Index m) {
  Index r0 = m;
  Index r1 = a % m;
  Index inverse0 = 0;
  Index inverse1 = 1;
  while (r1 != 0) {
    const Index quotient = r0 / r1;
    r0 = std::exchange(r1, r0 - quotient * r1);
    inverse0 = std::exchange(inverse1, inverse0 - quotient * inverse1);
  }
  __extension__ typedef __int128 Wide;
  const Wide x = static_cast<Wide>(inverse0) * (b % m) % m;
  return static_cast<Index>(x < 0 ? x + m : x);
}

/// Whether sum_k step_k x_k = target has a solution.
class Search {
 public:
  explicit Search(std::vector<Term> terms) : terms_(merged(std::move(terms))) {
    const std::size_t count = terms_.size();
    factor_.resize(count);
    reach_.resize(count + 1);
    for (std::size_t k = count; k-- > 0;) {
      factor_[k] = k + 1 < count ? std::gcd(terms_[k].step, factor_[k + 1]) : terms_[k].step;
      reach_[k] = reach_[k + 1] + terms_[k].step * terms_[k].most;
    }
  }

  bool reaches(Index target) { return reaches(0, target); }

 private:
  /// Descending, equal steps as one, and steps that carry on where a smaller one ends as that one.
  static std::vector<Term> merged(std::vector<Term> terms) {
    std::sort(terms.begin(), terms.end(),
              [](const Term& a, const Term& b) { return a.step < b.step; });
    std::vector<Term> out;
    for (const Term& term : terms) {
      const auto joins = std::find_if(out.begin(), out.end(), [&](const Term& smaller) {
        return term.step % smaller.step == 0 && term.step / smaller.step <= smaller.most + 1;
      });
      if (joins == out.end()) {
        out.push_back(term);
      } else {
        joins->most += term.step / joins->step * term.most;
      }
    }
    std::sort(out.begin(), out.end(), [](const Term& a, const Term& b) { return a.step > b.step; });
    return out;
  }

  bool reaches(std::size_t k, Index target) {
    if (target < 0 || target > reach_[k]) return false;
    if (k == terms_.size()) return true;
    if (target % factor_[k] != 0) return false;
    if (k + 1 == terms_.size()) return true;
    if (++steps_ > kMostSteps) return true;
    const Term& term = terms_[k];
    const Index rest = target - reach_[k + 1];
    const Index least = rest > 0 ? (rest + term.step - 1) / term.step : 0;
    const Index most = std::min(term.most, target / term.step);
    // What is left must be a multiple of the factor that the smaller steps have in common.
    const Index period = factor_[k + 1] / factor_[k];
    const Index first = solve_congruence(term.step / factor_[k], target / factor_[k], period);
    const Index start = first + (std::max<Index>(least - first, 0) + period - 1) / period * period;
    for (Index x = start; x <= most; x += period) {
      if (reaches(k + 1, target - x * term.step)) return true;
    }
    return false;
  }

  std::vector<Term> terms_;    ///< largest step first
  std::vector<Index> factor_;  ///< common factor of the steps from here on
  std::vector<Index> reach_;   ///< largest sum from here on
  Index steps_ = 0;
};

bool is_empty(const MemoryGrid& grid) {
  return std::find(grid.extents.begin(), grid.extents.end(), 0) != grid.extents.end();
}

/// Appends the axes of a grid as terms of positive steps; returns the lowest address.
std::intptr_t add_axes(const MemoryGrid& grid, std::vector<Term>& terms) {
  std::intptr_t lowest = grid.address;
  for (std::size_t k = 0; k < grid.extents.size(); ++k) {
    const Index most = grid.extents[k] - 1;
    if (most == 0 || grid.strides[k] == 0) continue;
    lowest += std::min<Index>(grid.strides[k], 0) * most;
    terms.push_back({std::abs(grid.strides[k]), most});
  }
  return lowest;
}

Index reach_of(const std::vector<Term>& terms) {
  Index reach = 0;
  for (const Term& term : terms) reach += term.step * term.most;
  return reach;
}

}  // namespace

bool overlap(const MemoryGrid& a, const MemoryGrid& b) {
  if (is_empty(a) || is_empty(b)) return false;
  std::vector<Term> terms;
  const std::intptr_t first_a = add_axes(a, terms);
  const Index reach_a = reach_of(terms);
  std::vector<Term> others;
  const std::intptr_t first_b = add_axes(b, others);
  const Index reach_b = reach_of(others);
  if (first_a + reach_a + a.size <= first_b || first_b + reach_b + b.size <= first_a) return false;
  // first_a + x + i = first_b + y + j, bytes i and j of an element each: with y' = reach_b - y and
  // j' = size - 1 - j all signs are positive.
  terms.insert(terms.end(), others.begin(), others.end());
  for (const Index size : {a.size, b.size}) {
    if (size > 1) terms.push_back({1, size - 1});
  }
  return Search(std::move(terms)).reaches(first_b - first_a + reach_b + b.size - 1);
}

bool overlaps_itself(const MemoryGrid& grid) {
  if (is_empty(grid)) return false;
  // A difference of positions that is not zero: its first such entry is positive, without loss.
  for (std::size_t k = 0; k < grid.extents.size(); ++k) {
    if (grid.extents[k] == 1) continue;
    const Index stride = std::abs(grid.strides[k]);
    if (stride == 0) return true;
    std::vector<Term> terms;
    Index target = -stride;
    if (grid.extents[k] > 2) terms.push_back({stride, grid.extents[k] - 2});
    for (std::size_t l = k + 1; l < grid.extents.size(); ++l) {
      const Index most = grid.extents[l] - 1;
      const Index step = std::abs(grid.strides[l]);
      if (most == 0 || step == 0) continue;
      terms.push_back({step, 2 * most});
      target += step * most;
    }
    if (grid.size > 1) terms.push_back({1, 2 * (grid.size - 1)});
    if (Search(std::move(terms)).reaches(target + grid.size - 1)) return true;
  }
  return false;
}

}  // namespace bochner
