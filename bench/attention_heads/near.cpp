// SPDX-License-Identifier: Apache-2.0
//
// How fast causal attention is that weighs a window and the first keys exactly, and the rest by
// random features: one thread, one head of 64 dimensions, 128 frequencies, float.

#include "bench/attention/problem.hpp"
#include "bench/attention/sgemm.hpp"
#include "bench/attention/torch.hpp"
#include "bench/support/report.hpp"

#include "bochner/client/attention/state.hpp"

#include <algorithm>

namespace bochner::bench {
namespace {

constexpr Index kFrequencies = 128;
constexpr ExactPairs kExact{.window = 256, .first_keys = 4};
const AttentionOptions kNear{.mask = Mask::causal, .exact = kExact};

/// Floating-point operations that the definition needs: those of features, and for each pair that
/// is weighed exactly 2 d of its logit and 2 d of its value.
double near_operations(Index length) {
  constexpr Index kPairs = kExact.window + kExact.first_keys;
  double pairs = 0.0;
  for (Index i = 0; i < length; ++i) pairs += static_cast<double>(std::min(i + 1, kPairs));
  return favor_operations(1, length, kFrequencies) + 4.0 * AttentionBench::kDim * pairs;
}

void rate(Report& report, const FeatureMap<float>& map) {
  constexpr Index kLength = 32768;
  AttentionBench head(1, kLength);
  report.speed_ratio(
      "near_rate", at_least(0.75),
      {.call = [&] { head.favor(map, kLength, kNear); }, .amount = near_operations(kLength)},
      sgemm(report), Clock::thread);
}

void against_torch(Report& report, const FeatureMap<float>& map) {
  constexpr Index kLength = 16384;
  const auto version = torch_version();
  if (!version) {
    report.note("skipped: near_speed, PyTorch is not installed");
    return;
  }
  AttentionBench head(1, kLength);
  head.favor(map, kLength, kNear);
  std::vector<double> ratios;
  for (int pair = 0; pair < report.choose(9, 3); ++pair) {
    const double theirs = torch_seconds("exact_causal", 1, kLength, kFrequencies);
    if (theirs == 0.0) {
      report.note("skipped: near_speed, PyTorch %s has no causal attention", version->c_str());
      return;
    }
    const double start = seconds_now(Clock::wall);
    head.favor(map, kLength, kNear);
    ratios.push_back(theirs / (seconds_now(Clock::wall) - start));
  }
  std::sort(ratios.begin(), ratios.end());
  report.line("near_speed", ratios[ratios.size() / 2], at_least(10), "PyTorch " + *version);
}

/// One token with so many behind it.
class Decoding {
 public:
  Decoding(const FeatureMap<float>& map, AttentionBench& head, Index behind)
      : head_(head),
        state_(map, 1, 1, AttentionBench::kDim,
               {.window = kExact.window, .first_keys = kExact.first_keys}) {
    const AttentionInputs<float> before = head.inputs(behind);
    state_.append(before.keys, before.values, {1});
  }
  void step() {
    for (int token = 0; token < kTokens; ++token) {
      state_.advance(head_.inputs(1), head_.view(head_.out.data(), 1), {1});
    }
  }

 private:
  static constexpr int kTokens = 100;
  AttentionBench& head_;
  AttentionState<float> state_;
};

void decode(Report& report, const FeatureMap<float>& map) {
  constexpr Index kLong = 65536;
  AttentionBench head(1, kLong);
  Decoding few(map, head, 1024);
  Decoding many(map, head, kLong);
  report.speed_ratio("decode_near", at_most(1.1), {.call = [&] { few.step(); }},
                     {.call = [&] { many.step(); }}, Clock::thread);
}

void backward(Report& report, const FeatureMap<float>& map) {
  constexpr Index kLength = 8192;
  AttentionBench head(1, kLength);
  head.favor(map, kLength, kNear);
  report.speed_ratio("backward_near", at_most(4.0),
                     {.call = [&] { head.favor(map, kLength, kNear); }},
                     {.call = [&] { head.gradient(map, kNear); }}, Clock::thread);
}

}  // namespace
}  // namespace bochner::bench

int main(int argc, char** argv) {
  bochner::bench::Report report(argc, argv);
  const auto map = bochner::bench::AttentionBench::map(bochner::OrthogonalProjection{},
                                                       bochner::bench::kFrequencies);
  bochner::bench::rate(report, map);
  bochner::bench::decode(report, map);
  bochner::bench::backward(report, map);
  bochner::bench::against_torch(report, map);
}
