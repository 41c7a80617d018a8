// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram/compare.hpp"

#include "core/door.hpp"
#include "core/text.hpp"
#include "estimator/row_law.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>

namespace bochner {
namespace {

constexpr Door kCompareApproximations("compare_approximations");
constexpr Index kFirstColumns = 16;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Calls build(columns) with as many columns as the budget allows and returns what it made.
template <class Build>
ComparedGram within(const GramBudget& budget, Index most, const Build& build) {
  const bool timed = std::isfinite(budget.seconds);
  Index columns = timed ? std::min(kFirstColumns, most) : most;
  ComparedGram best = build(columns);
  while (timed && columns < most && best.seconds <= budget.seconds) {
    columns = std::min(2 * columns, most);
    const ComparedGram next = build(columns);
    if (next.seconds > budget.seconds) break;
    best = next;
  }
  return best;
}

}  // namespace

template <Scalar T>
std::vector<ComparedGram> compare_approximations(const FeatureMapSpec& spec, MatrixView<const T> x,
                                                 const GramBudget& budget,
                                                 std::span<const Pivoting> pivotings,
                                                 const SampledErrorOptions& options,
                                                 const Execution& execution) {
  FeatureMapSpec one = spec;
  one.num_frequencies = estimator::least_frequencies(spec);
  validate(one);
  const ExactGram exact(spec.kernel, x, execution);
  const Index n = exact.size();
  const Index room = budget.memory / static_cast<Index>(sizeof(T)) / n;
  const Index per_frequency = num_features(one) / one.num_frequencies;
  if (room < num_features(one)) {
    kCompareApproximations.refuse(
        "memory", std::to_string(budget.memory) + " bytes",
        "room for the features of " + (one.num_frequencies == 1
                                           ? "one frequency"
                                           : std::to_string(one.num_frequencies) + " frequencies"));
  }
  if (!(budget.seconds > 0.0)) {
    kCompareApproximations.refuse("seconds", text::number(budget.seconds), "a number above 0");
  }
  std::vector<ComparedGram> results;
  const auto certify = [&](const GramApproximation<T>& gram, std::optional<Pivoting> pivoting,
                           double seconds) {
    return ComparedGram{pivoting, gram.num_features(),
                        n * gram.num_features() * static_cast<Index>(sizeof(T)), seconds,
                        sampled_error(gram, exact, options, execution)};
  };
  results.push_back(within(budget, room, [&](Index columns) {
    FeatureMapSpec mine = spec;
    mine.num_frequencies = std::max<Index>(columns / per_frequency, one.num_frequencies);
    const auto start = std::chrono::steady_clock::now();
    const GramApproximation<T> gram(FeatureMap<T>(mine), x,
                                    {.memory = std::numeric_limits<Index>::max()}, execution);
    return certify(gram, std::nullopt, seconds_since(start));
  }));
  for (const Pivoting pivoting : pivotings) {
    results.push_back(within(budget, std::min(room, n), [&](Index columns) {
      const auto start = std::chrono::steady_clock::now();
      const Nystrom<T> built = nystrom<T>(exact, {columns, pivoting, spec.seed}, execution);
      return certify(built.gram, pivoting, seconds_since(start));
    }));
  }
  std::stable_sort(results.begin(), results.end(), [](const auto& a, const auto& b) {
    return a.error.squared_error < b.error.squared_error;
  });
  return results;
}

template std::vector<ComparedGram> compare_approximations(
    const FeatureMapSpec&, MatrixView<const float>, const GramBudget&, std::span<const Pivoting>,
    const SampledErrorOptions&, const Execution&);
template std::vector<ComparedGram> compare_approximations(
    const FeatureMapSpec&, MatrixView<const double>, const GramBudget&, std::span<const Pivoting>,
    const SampledErrorOptions&, const Execution&);

}  // namespace bochner
