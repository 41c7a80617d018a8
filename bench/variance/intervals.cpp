// SPDX-License-Identifier: Apache-2.0

// Are the error bars honest? Coverage of the 95 % interval of `estimate`, 16 orthogonal blocks.
// Usage: bench_intervals [--quick] [--intervals N]

#include "bench/support/report.hpp"
#include "bench/variance/pairs.hpp"

#include <bochner/estimator/kernel_estimate.hpp>
#include <bochner/estimator/variance.hpp>

#include "estimator/block_spread.hpp"

#include <atomic>
#include <string>

using namespace bochner;
using bench::Pair;

namespace {

constexpr Index kBlocks = 16;

/// A map at a pair, and how many intervals hold the exact value.
struct Cell {
  FeatureMapSpec spec;
  Pair pair;
  double s;
  bool promised;  ///< whether the bar is for it
  double exact;
  Index covered = 0;
};

Cell cell_of(Index d, double s, const Kernel& kernel, const FeatureFunction& features,
             bool promised) {
  FeatureMapSpec spec{.input_dim = d,
                      .num_frequencies = kBlocks * d,
                      .kernel = kernel,
                      .projection = OrthogonalProjection{},
                      .features = features,
                      .seed = {},
                      .transform = {}};
  Pair pair(bench::random_plane(d), s);
  const double exact = kernel_moments(spec, pair.query(), pair.key()).exact;
  return {spec, std::move(pair), s, promised, exact};
}

bool covers(std::span<const double> contributions, Index d, double exact) {
  const estimator::BlockSpread spread = estimator::block_spread(contributions, d);
  KernelEstimate estimate;
  estimate.value = spread.mean;
  estimate.standard_error = std::sqrt(spread.variance);
  estimate.degrees_of_freedom = spread.degrees_of_freedom;
  const Interval interval = estimate.interval(0.95);
  return interval.low <= exact && exact <= interval.high;
}

/// The same draws for all cells of a dimension (whose kernels have the same frequencies).
void measure(std::vector<Cell>& cells, Index d, Index intervals) {
  constexpr Index kPerDraw = 20;
  const Index m = kBlocks * d;
  std::vector<std::atomic<Index>> covered(cells.size());
  parallel_for_blocks(intervals / kPerDraw, {}, [&](Index draw_index, int /*worker*/) {
    FeatureMapSpec spec = cells.front().spec;
    spec.num_frequencies = m * kPerDraw;
    spec.seed = derive_seed({47}, static_cast<std::uint64_t>(draw_index));
    const FrequencyDraw frequencies = feature_map::draw(spec);
    for (std::size_t c = 0; c < cells.size(); ++c) {
      spec.kernel = cells[c].spec.kernel;
      spec.features = cells[c].spec.features;
      const std::vector<double> all = bench::contributions(spec, frequencies, cells[c].pair);
      for (Index i = 0; i < kPerDraw; ++i) {
        const std::span<const double> own(all.data() + i * m, static_cast<std::size_t>(m));
        if (covers(own, d, cells[c].exact)) ++covered[c];
      }
    }
  });
  for (std::size_t c = 0; c < cells.size(); ++c) cells[c].covered = covered[c];
}

}  // namespace

int main(int argc, char** argv) {
  bench::Report report(argc, argv);
  const Index intervals =
      std::max(20L, report.option("--intervals", report.choose(20000, 4000))) / 20 * 20;
  report.note("| features | d | squared norm | coverage of the 95 %% interval, 16 blocks |");
  report.note("|---|---|---|---|");
  double least = 1.0;
  double most = 0.0;
  for (const Index d : {Index{2}, Index{3}, Index{8}, Index{16}, Index{64}}) {
    std::vector<Cell> cells;
    for (const double s : {0.25, 1.0}) {
      const HyperbolicOprfFeatures hyperbolic{optimal_hyperbolic_oprf_parameter(s, d)};
      // In 2 and 3 dimensions measured and published, not promised.
      cells.push_back(cell_of(d, s, GaussianKernel{}, TrigonometricFeatures{}, d >= 8));
      cells.push_back(cell_of(d, s, SoftmaxKernel{}, hyperbolic, d >= 8));
    }
    if (d == 8) {
      cells.push_back(cell_of(d, 0.5, SoftmaxKernel{}, PositiveFeatures{}, false));
      cells.push_back(cell_of(d, 2.0, SoftmaxKernel{}, PositiveFeatures{}, false));
    }
    measure(cells, d, intervals);
    for (const Cell& cell : cells) {
      const double share = static_cast<double>(cell.covered) / static_cast<double>(intervals);
      const std::string name =
          std::visit([](const auto& f) { return std::string(f.name); }, cell.spec.features);
      report.note("| %s | %td | %g | %.4f |", name.c_str(), d, cell.s, share);
      if (!cell.promised) continue;
      least = std::min(least, share);
      most = std::max(most, share);
    }
  }
  const std::string remark = std::to_string(intervals) + " intervals each";
  report.line("coverage_least", least, bench::at_least(0.925), remark);
  report.line("coverage_most", most, bench::at_most(0.97), remark);
  return 0;
}
