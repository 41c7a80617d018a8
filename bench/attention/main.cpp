// SPDX-License-Identifier: Apache-2.0
#include "bench/attention/crossover.hpp"
#include "bench/attention/problem.hpp"
#include "bench/attention/sgemm.hpp"
#include "bench/attention/torch.hpp"
#include "bench/support/report.hpp"
#include "bochner/client/attention/state.hpp"

#include <algorithm>

/// \file
/// How fast attention is, in ratios: one thread, 8 heads of 64 dimensions, 256 frequencies, float,
/// unless the name says otherwise.

namespace bochner::bench {
namespace {

constexpr Index kHeads = 8;
constexpr Index kLength = 8192;

class Bars {
 public:
  explicit Bars(Report& report) : report_(report), sgemm_(sgemm(report)) {}

  void rates() {
    report_.speed_ratio("dense_rate", at_least(0.90), favor(dense_), sgemm_, Clock::thread);
    report_.speed_ratio("hadamard_rate", at_least(1.35), favor(hadamard_), sgemm_, Clock::thread);
    const Work reduced = favor(hadamard_, {.products = Products::bfloat16});
    reduced.call();
    if (problem_.report.arithmetic == "bfloat16") {
      report_.speed_ratio("bf16_rate", at_least(1.8), reduced, sgemm_, Clock::thread);
    } else {
      report_.note("bf16_rate: absent, this machine has no AVX512_BF16");
    }
    AttentionBench exact(kHeads, 4096);
    report_.speed_ratio("exact_rate", at_least(0.60),
                        {.call = [&] { exact.exact(4096); },
                         .amount = 4.0 * 4096 * 4096 * AttentionBench::kDim * kHeads},
                        sgemm_, Clock::thread);
  }

  void flat() {
    AttentionBench large(kHeads, 65536);
    AttentionBench small(kHeads, 1024);
    report_.speed_ratio("flat", at_least(0.95),
                        {.call = [&] { large.favor(dense_, 65536); }, .amount = 64.0},
                        {.call = [&] { small.favor(dense_, 1024); }}, Clock::thread);
  }

  void passes() {
    slower(
        "causal", 1.5, [&] { problem_.favor(dense_, kLength, kCausal); },
        [&] { problem_.favor(dense_, kLength); });
    for (const auto& [name, options] :
         {std::pair<const char*, AttentionOptions>{"backward", {}}, {"backward_causal", kCausal}}) {
      slower(
          name, 4.0,
          [&, options = options] {
            problem_.favor(dense_, kLength, options);
            problem_.gradient(dense_, options);
          },
          [&, options = options] { problem_.favor(dense_, kLength, options); });
    }
  }

  void one_head() {
    constexpr Index kLong = 65536;
    AttentionBench head(1, kLong);
    for (const auto& [name, bar, options] :
         {std::tuple<const char*, double, AttentionOptions>{"threads", 1.8, {}},
          {"threads_causal", 1.7, kCausal}}) {
      report_.speed_ratio(
          name, at_least(bar),
          {.call = [&, options = options] { head.favor(dense_, kLong, options, 2); }},
          {.call = [&, options = options] { head.favor(dense_, kLong, options, 1); }});
    }
    report_.speed_ratio("long", at_least(100), {.call = [&] { head.favor(dense_, kLong); }},
                        {.call = [&] { head.exact(kLong); }}, Clock::thread);
  }

  /// A token with 65,536 behind it against one with 64; 64 tokens at a time, on a copy.
  void decode() {
    AttentionBench head(1, 65536);
    AttentionState<float> states[] = {AttentionState<float>(dense_, 1, 1, AttentionBench::kDim),
                                      AttentionState<float>(dense_, 1, 1, AttentionBench::kDim)};
    states[0].append(head.inputs(65536).keys, head.inputs(65536).values);
    states[1].append(head.inputs(64).keys, head.inputs(64).values);
    const auto tokens = [&](const AttentionState<float>& from) {
      AttentionState<float> state = from;
      for (Index t = 0; t < 64; ++t) {
        const Index offset = t * AttentionBench::kDim;
        state.advance({head.view<const float>(head.queries.data() + offset, 1),
                       head.view<const float>(head.keys.data() + offset, 1),
                       head.view<const float>(head.values.data() + offset, 1)},
                      head.view(head.out.data(), 1), {.num_threads = 1});
      }
    };
    slower(
        "decode", 1.1, [&] { tokens(states[0]); }, [&] { tokens(states[1]); });
  }

  void torch() {
    const auto version = torch_version();
    if (!version) {
      report_.note("torch_favor: absent, PyTorch is not installed");
      return;
    }
    std::vector<double> ratios;
    for (int pair = 0; pair < report_.choose(9, 3); ++pair) {
      const double theirs = torch_seconds("favor", kHeads, kLength, 256);
      const double start = seconds_now(Clock::wall);
      problem_.favor(dense_, kLength);
      ratios.push_back(theirs / (seconds_now(Clock::wall) - start));
    }
    std::sort(ratios.begin(), ratios.end());
    report_.line("torch_favor", ratios[ratios.size() / 2], at_least(5), "PyTorch " + *version);
  }

 private:
  static constexpr AttentionOptions kCausal{.mask = Mask::causal};

  Work favor(const FeatureMap<float>& map, const AttentionOptions& options = {}) {
    return {.call = [this, &map, options] { problem_.favor(map, kLength, options); },
            .amount = favor_operations(kHeads, kLength)};
  }

  /// The line whose value is the time of the first / that of the second.
  void slower(const char* name, double bar, const std::function<void()>& first,
              const std::function<void()>& second) {
    const Timing timing =
        alternate(first, second, {.clock = Clock::thread, .pairs = report_.choose(9, 3)});
    report_.line(name, timing.ratio, at_most(bar));
  }

  Report& report_;
  Work sgemm_;
  FeatureMap<float> dense_ = AttentionBench::map(OrthogonalProjection{});
  FeatureMap<float> hadamard_ = AttentionBench::map(HadamardProjection{});
  AttentionBench problem_{kHeads, kLength};
};

}  // namespace
}  // namespace bochner::bench

int main(int argc, char** argv) {
  bochner::bench::Report report(argc, argv);
  bochner::bench::Bars bars(report);
  bars.rates();
  bars.flat();
  bars.passes();
  bars.one_head();
  bars.decode();
  bars.torch();
  bochner::bench::crossovers(report);
}
