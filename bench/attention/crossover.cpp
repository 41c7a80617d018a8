// SPDX-License-Identifier: Apache-2.0
#include "bench/attention/crossover.hpp"

#include "bench/attention/problem.hpp"
#include "bench/attention/torch.hpp"
#include "bochner/estimator/optimal_parameter.hpp"

#include <string>

namespace bochner::bench {
namespace {

constexpr Index kHeads = 8;
constexpr Index kStep = 64;

double favor_seconds(const FeatureMap<float>& map, AttentionBench& problem, Index length) {
  const auto call = [&] { problem.favor(map, length); };
  return alternate(call, call, {.clock = Clock::thread, .pairs = 3, .sample = 0.01}).first;
}

/// The smallest multiple of kStep from which features win, at most `limit`.
Index own_crossover(const FeatureMap<float>& map, Index limit, AttentionBench& problem) {
  const auto wins = [&](Index length) {
    return alternate([&] { problem.exact(length); }, [&] { problem.favor(map, length); },
                     {.clock = Clock::thread, .pairs = 5, .sample = 0.01})
               .ratio > 1.0;
  };
  Index low = 0;  // in steps: loses there, wins at `high`
  Index high = 1;
  while (high * kStep < limit && !wins(high * kStep)) {
    low = high;
    high *= 2;
  }
  while (high - low > 1) {
    const Index middle = low + (high - low) / 2;
    (wins(middle * kStep) ? high : low) = middle;
  }
  return high * kStep;
}

/// Root mean square of the error of the output relative to its own.
double output_error(const FeatureMap<float>& map, AttentionBench& problem, Index length) {
  problem.exact(length);
  const std::vector<float> exact = problem.out;
  problem.favor(map, length);
  double error = 0.0;
  double total = 0.0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(problem.heads * length * problem.kDim);
       ++i) {
    error += std::pow(static_cast<double>(problem.out[i]) - static_cast<double>(exact[i]), 2);
    total += std::pow(static_cast<double>(exact[i]), 2);
  }
  return std::sqrt(error / total);
}

/// A row of the table: the least power of two of frequencies with an output error of 10 %, and from
/// which length they win.
void crossover_at(Report& report, const FeatureFunction& features, double norm,
                  AttentionBench& problem) {
  constexpr Index kMost = 16384;
  constexpr Index kRows = 1024;
  const std::string name = std::visit([](const auto& f) { return std::string(f.name); }, features);
  const auto map_of = [&](Index m) {
    FeatureMapSpec spec = AttentionBench::map(OrthogonalProjection{}, m).spec();
    spec.features = features;
    return FeatureMap<float>(spec);
  };
  Index m = 16;
  double error = output_error(map_of(m), problem, kRows);
  for (; error > 0.1 && m < kMost; error = output_error(map_of(m), problem, kRows)) m *= 2;
  if (error > 0.1) {
    report.note("| %g | %s | more than %td | %.3f at that | - |", norm, name.c_str(), m, error);
    return;
  }
  report.note("| %g | %s | %td | %.3f | %td |", norm, name.c_str(), m, error,
              own_crossover(map_of(m), problem.length, problem));
}

}  // namespace

void crossovers(Report& report) {
  AttentionBench problem(kHeads, 4096);
  const FeatureMap<float> map = AttentionBench::map(OrthogonalProjection{});
  report.line("crossover", static_cast<double>(own_crossover(map, 4096, problem)), at_most(768),
              "tokens, against our exact attention");
  if (torch_version()) {
    Index length = kStep;
    while (length < 4096 &&
           torch_seconds("exact", kHeads, length, 256) < favor_seconds(map, problem, length)) {
      length += kStep;
    }
    report.line("crossover_torch", static_cast<double>(length), at_most(768),
                "tokens, against PyTorch's exact attention");
  } else {
    report.note("crossover_torch: absent, PyTorch is not installed");
  }
}

void crossovers_at_equal_error(Report& report) {
  report.note(
      "| mean squared norm of q + k | features | frequencies for an error of 10 %% | error | "
      "tokens |");
  report.note("|---|---|---|---|---|");
  for (const double norm : {0.5, 1.0, 2.0, 4.0}) {
    AttentionBench scaled(1, report.choose<Index>(65536, 16384), norm);
    crossover_at(report, PositiveFeatures{}, norm, scaled);
    crossover_at(
        report,
        HyperbolicOprfFeatures{optimal_hyperbolic_oprf_parameter(norm, AttentionBench::kDim)}, norm,
        scaled);
  }
}

}  // namespace bochner::bench
