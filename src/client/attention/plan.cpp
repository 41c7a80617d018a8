// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/attention/plan.hpp"

#include "bochner/client/attention/calibration.hpp"
#include "bochner/client/attention/exact.hpp"
#include "bochner/client/attention/report.hpp"
#include "client/attention/call_parts.hpp"
#include "client/attention/checks.hpp"
#include "client/attention/plan_costs.hpp"
#include "client/attention/plan_trial.hpp"
#include "core/numbers.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>

namespace bochner {

using namespace attention_internals;

namespace {

constexpr Door kPlanDoor("plan_attention");
constexpr std::uint64_t kRedraws = 3;
constexpr std::array<Index, 5> kFrequencies{32, 64, 128, 256, 512};
constexpr std::array<Index, 4> kWindows{16, 64, 256, 1024};
constexpr Index kAllKeys = std::numeric_limits<Index>::max();

template <Scalar T>
class HeadPlanner {
 public:
  HeadPlanner(const CalibratedHead& calibrated, const AttentionInputs<T>& head,
              const AttentionGoal& goal, const AttentionOptions& options,
              const Execution& execution)
      : spec_(calibrated.spec),
        goal_(goal),
        trial_(spec_.kernel, head, options, execution),
        size_{{head.queries.extent(2), head.keys.extent(2)},
              std::max(head.keys.extent(3), head.values.extent(3)),
              1,
              options.mask} {
    constexpr double kLargestMean =
        2.0;  // beyond, the closed form is dominated by what is not seen
    if (calibrated.mean_square > kLargestMean) return;
    const Index m = kFrequencies.front();
    const AttentionComparison report =
        attention_report<T>(map(m, 0), head, kTrialStretch, options, execution);
    if (!report.prediction_holds) return;
    error_of_one_ = report.predicted_error * std::sqrt(static_cast<double>(m));
  }

  HeadPlan plan() const {
    const PlanCost exact = plan_cost(size_, AttentionMethod::exact, {}, goal_.costs);
    const double budget = exact.nanoseconds * goal_.time.value_or(1.0);
    HeadPlan best = exact_plan(exact);
    double smallest = std::numeric_limits<double>::infinity();  // error of those tried
    for (const Candidate& way : candidates()) {
      const bool too_slow =
          goal_.time ? way.cost.nanoseconds > budget : way.cost.nanoseconds >= exact.nanoseconds;
      if (too_slow) break;
      const double error = expected_error(way);
      if (goal_.time) {
        if (error < smallest) best = chosen(way, error, exact);
      } else if (error <= goal_.error) {
        return chosen(way, error, exact);
      }
      smallest = std::min(smallest, error);
    }
    if (best.method == AttentionMethod::exact) best.sentence = why_exact(smallest);
    return best;
  }

 private:
  /// From the cheapest on.
  std::vector<Candidate> candidates() const {
    std::vector<Candidate> all;
    const auto add = [&](AttentionMethod method, Index frequencies, const ExactPairs& exact,
                         Rest rest) {
      HeadSize size = size_;
      if (frequencies > 0) size.num_features = num_features(spec_of(frequencies));
      all.push_back(
          {method, frequencies, exact, rest, plan_cost(size, method, exact, goal_.costs)});
    };
    for (const Index m : kFrequencies) {
      add(AttentionMethod::features, m, {}, Rest::features);
      for (const Index window : kWindows) {
        if (window >= size_.lengths.keys) continue;
        add(AttentionMethod::exact_and_features, m, {.window = window}, Rest::features);
      }
    }
    const KeyBlocks width;
    const Index blocks = (size_.lengths.keys + width.key_rows - 1) / width.key_rows;
    const BlockOrder order = size_.mask == Mask::causal ? BlockOrder::given : BlockOrder::bisection;
    for (Index count = 1; count < blocks; count += std::max<Index>(1, count / 4)) {
      add(AttentionMethod::exact_and_means, 0, {.blocks = {.count = count, .order = order}},
          Rest::means);
    }
    std::stable_sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
      return a.cost.nanoseconds < b.cost.nanoseconds;
    });
    return all;
  }

  FeatureMapSpec spec_of(Index frequencies) const {
    FeatureMapSpec spec = spec_;
    spec.num_frequencies = std::max<Index>(frequencies, 1);
    return spec;
  }
  FeatureMap<T> map(Index frequencies, std::uint64_t redraw) const {
    FeatureMapSpec spec = spec_of(frequencies);
    if (redraw > 0) spec.seed = derive_seed(spec.seed, redraw);
    return FeatureMap<T>(spec);
  }

  double expected_error(const Candidate& way) const {
    if (closed_form(way)) return *error_of_one_ / std::sqrt(static_cast<double>(way.frequencies));
    const std::uint64_t draws = way.frequencies > 0 ? kRedraws : 1;
    double sum = 0.0;
    for (std::uint64_t r = 0; r < draws; ++r) {
      sum += trial_.squared_error(map(way.frequencies, r), way);
    }
    return std::sqrt(sum / static_cast<double>(draws));
  }

  bool closed_form(const Candidate& way) const {
    return error_of_one_ && way.method == AttentionMethod::features;
  }

  HeadPlan exact_plan(const PlanCost& cost) const {
    HeadPlan plan;
    plan.spec = spec_of(1);
    plan.exact.window = kAllKeys;
    plan.nanoseconds = plan.exact_nanoseconds = cost.nanoseconds;
    return plan;
  }

  HeadPlan chosen(const Candidate& way, double error, const PlanCost& exact) const {
    HeadPlan plan{
        .method = way.method,
        .spec = spec_of(way.frequencies),
        .exact = way.exact,
        .rest = way.rest,
        .error = error,
        .source = closed_form(way) ? PlanErrorSource::closed_form : PlanErrorSource::measured,
        .exact_share = way.cost.exact_share,
        .nanoseconds = way.cost.nanoseconds,
        .exact_nanoseconds = exact.nanoseconds,
        .sentence = {}};
    std::string what;
    if (way.method == AttentionMethod::exact_and_means) {
      what = std::to_string(way.exact.blocks.count) +
             " blocks of 16 keys exactly for 16 queries, the others by their means";
    } else {
      what = std::to_string(way.frequencies) + " frequencies";
      if (way.exact.window > 0) {
        what += " beyond a window of " + std::to_string(way.exact.window) + " keys";
      }
    }
    plan.sentence = "The output is off by " + text::rounded(100.0 * error, 2) + " % with " + what +
                    ", modelled at " + text::rounded(way.cost.nanoseconds / exact.nanoseconds, 2) +
                    " of the time of exact attention.";
    return plan;
  }

  std::string why_exact(double smallest) const {
    const std::string goal =
        goal_.time ? "in " + text::rounded(*goal_.time, 2) + " of the time of exact attention"
                   : "faster than exact attention";
    if (std::isinf(smallest)) return "Exact attention: nothing else is " + goal + ".";
    return "Exact attention: what is " + goal + " is off by " + text::rounded(100.0 * smallest, 2) +
           " % at the least.";
  }

  const FeatureMapSpec& spec_;
  const AttentionGoal& goal_;
  HeadTrial<T> trial_;
  HeadSize size_;
  std::optional<double> error_of_one_;  ///< of one frequency, where the closed form holds
};

/// Live keys, as calibration takes them.
class LiveMask {
 public:
  LiveMask(const AttentionOptions& options, Index batch, Index keys) : view_(options.key_mask) {
    if (options.key_lengths.empty()) return;
    live_ = std::make_unique<bool[]>(static_cast<std::size_t>(batch * keys));
    for (Index b = 0; b < batch; ++b) {
      std::fill_n(live_.get() + b * keys, options.key_lengths[static_cast<std::size_t>(b)], true);
    }
    view_ = {live_.get(), batch, keys};
  }
  const MatrixView<const bool>& view() const noexcept { return view_; }

 private:
  std::unique_ptr<bool[]> live_;
  MatrixView<const bool> view_;
};

void require_goal(const AttentionGoal& goal) {
  kPlanDoor.positive("goal.error", goal.error);
  if (goal.time) kPlanDoor.positive("goal.time", *goal.time);
}

template <Scalar T>
AttentionInputs<T> one_head(const AttentionInputs<T>& inputs, const AttentionProblem& problem,
                            Index head) {
  const Index key_head = head / problem.heads_per_key_head;
  return {heads_of(inputs.queries, head, 1), heads_of(inputs.keys, key_head, 1),
          heads_of(inputs.values, key_head, 1)};
}

}  // namespace

template <Scalar T>
std::vector<HeadPlan> plan_attention(const HeadSpecs& specs, Index layer,
                                     const AttentionInputs<T>& inputs, const AttentionGoal& goal,
                                     const AttentionOptions& options, const Execution& execution) {
  require_goal(goal);
  require_features_only(kPlanDoor, options);
  if (!options.decay.empty()) kPlanDoor.refuse("decay is given, expected none");
  if (options.gates.data != nullptr) kPlanDoor.refuse("gates are given, expected none");
  if (!options.cu_seqlens.empty() || !options.cu_seqlens_keys.empty()) {
    kPlanDoor.refuse("cu_seqlens is given, expected whole sequences");
  }
  if (!options.query_offsets.empty()) {
    kPlanDoor.refuse("query_offsets are given, expected one query_offset");
  }
  const AttentionProblem problem = attention_problem(kPlanDoor, inputs, options);
  if (problem.value_dim < 1) kPlanDoor.refuse("values have no columns, expected at least one");
  const LiveMask live(options, inputs.keys.extent(0), inputs.keys.extent(2));
  const std::vector<CalibratedHead> heads =
      calibrate<T>(specs, layer, inputs.queries, inputs.keys, {.key_mask = live.view()}, execution);
  std::vector<HeadPlan> plans;
  for (Index h = 0; h < problem.heads; ++h) {
    const AttentionInputs<T> head = one_head(inputs, problem, h);
    const auto& calibrated = heads[static_cast<std::size_t>(h / problem.heads_per_key_head)];
    plans.push_back(HeadPlanner<T>(calibrated, head, goal, options, execution).plan());
  }
  return plans;
}

template <Scalar T>
AttentionReport attention(std::span<const HeadPlan> plans, const AttentionInputs<T>& inputs,
                          TensorView<T, 4> out, const AttentionOptions& options,
                          const Execution& execution) {
  constexpr Door kDoor("attention");
  const AttentionProblem problem = attention_problem(kDoor, inputs, options);
  require_features_only(kDoor, options);
  kDoor.entries("plans", static_cast<Index>(plans.size()), problem.heads, "one per query head");
  require_output(
      kDoor, "out", out,
      {inputs.queries.extent(0), problem.heads, inputs.queries.extent(2), problem.value_dim},
      inputs);
  std::vector<AttentionReport> reports;
  for (Index h = 0; h < problem.heads; ++h) {
    const HeadPlan& plan = plans[static_cast<std::size_t>(h)];
    const Index key_head = h / problem.heads_per_key_head;
    AttentionOptions mine = options_of_key_heads(options, key_head, 1);
    mine.exact = plan.exact;
    mine.rest = plan.rest;
    as_part({.query_head = h, .key_head = key_head}, [&] {
      reports.push_back(attention<T>(FeatureMap<T>(plan.spec), one_head(inputs, problem, h),
                                     heads_of(out, h, 1), mine, execution));
    });
  }
  return total_report(reports);
}

std::string to_text(std::span<const HeadPlan> plans) {
  std::string out = "head  method              error    pairs exactly  time / exact\n";
  for (std::size_t h = 0; h < plans.size(); ++h) {
    const HeadPlan& plan = plans[h];
    const auto column = [&](const std::string& text, std::size_t width) {
      out += text + std::string(text.size() < width ? width - text.size() : 1, ' ');
    };
    column(std::to_string(h), 6);
    column(std::string(names_of(plan.method)[static_cast<std::size_t>(plan.method)]), 20);
    column(significant(plan.error, 3), 9);
    column(significant(plan.exact_share, 3), 15);
    out += significant(plan.nanoseconds / plan.exact_nanoseconds, 3) + "\n";
  }
  return out;
}

template std::vector<HeadPlan> plan_attention<float>(const HeadSpecs&, Index,
                                                     const AttentionInputs<float>&,
                                                     const AttentionGoal&, const AttentionOptions&,
                                                     const Execution&);
template std::vector<HeadPlan> plan_attention<double>(const HeadSpecs&, Index,
                                                      const AttentionInputs<double>&,
                                                      const AttentionGoal&, const AttentionOptions&,
                                                      const Execution&);
template AttentionReport attention<float>(std::span<const HeadPlan>, const AttentionInputs<float>&,
                                          TensorView<float, 4>, const AttentionOptions&,
                                          const Execution&);
template AttentionReport attention<double>(std::span<const HeadPlan>,
                                           const AttentionInputs<double>&, TensorView<double, 4>,
                                           const AttentionOptions&, const Execution&);

}  // namespace bochner
