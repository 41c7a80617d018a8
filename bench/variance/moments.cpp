// SPDX-License-Identifier: Apache-2.0

// Are the closed forms right, and the error bars honest? Predicted over measured variance for every
// map, projection, dimension and size; coverage of the intervals; the time that a Gram matrix
// takes. Usage: bench_moments [--quick] [--intervals N]

#include "bench/support/report.hpp"

#include <bochner/core/matrix.hpp>
#include <bochner/estimator/gram_error.hpp>
#include <bochner/estimator/kernel_estimate.hpp>
#include <bochner/estimator/optimal_parameter.hpp>
#include <bochner/estimator/variance.hpp>
#include <bochner/random/stream.hpp>

#include "estimator/block_spread.hpp"
#include "estimator/row_law.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

using namespace bochner;

namespace {

/// x and y at right angles, |x + y|^2 = |x - y|^2 = s.
struct Pair {
  Matrix<double> x;
  Matrix<double> y;
};

Pair pair_from(const Matrix<double>& plane, double s) {
  const Index d = plane.cols();
  Pair pair{Matrix<double>(1, d), Matrix<double>(1, d)};
  double along = 0.0;
  double first = 0.0;
  for (Index k = 0; k < d; ++k) first += plane(0, k) * plane(0, k);
  for (Index k = 0; k < d; ++k) along += plane(0, k) * plane(1, k) / first;
  double second = 0.0;
  for (Index k = 0; k < d; ++k) second += std::pow(plane(1, k) - along * plane(0, k), 2);
  for (Index k = 0; k < d; ++k) {
    pair.x(0, k) = std::sqrt(0.5 * s / first) * plane(0, k);
    pair.y(0, k) = std::sqrt(0.5 * s / second) * (plane(1, k) - along * plane(0, k));
  }
  return pair;
}

Pair random_pair(Index d, double s) {
  Matrix<double> plane(2, d);
  Stream({41}, Purpose::study, static_cast<std::uint64_t>(d))
      .normals(0, {plane.data(), static_cast<std::size_t>(plane.size())});
  return pair_from(plane, s);
}

/// Along the first two axes.
Pair sparse_pair(Index d, double s) {
  Matrix<double> plane(2, d);
  plane(0, 0) = plane(1, 1) = 1.0;
  return pair_from(plane, s);
}

std::span<const double> row(const Matrix<double>& x) {
  return {x.data(), static_cast<std::size_t>(x.cols())};
}

/// What each frequency of the map contributes, times m.
std::vector<double> contributions(const FeatureMapSpec& spec, const Pair& pair) {
  const FeatureMap<double> map(spec);
  const Index m = spec.num_frequencies;
  Matrix<double> phi(1, map.num_features());
  Matrix<double> psi(1, map.num_features());
  std::int32_t a = 0;
  std::int32_t b = 0;
  map.apply(Side::query, pair.x.view(), {phi.view(), std::span(&a, 1)});
  map.apply(Side::key, pair.y.view(), {psi.view(), std::span(&b, 1)});
  std::vector<double> out(static_cast<std::size_t>(m));
  for (Index j = 0; j < m; ++j) {
    double sum = 0.0;
    for (Index k = j; k < phi.cols(); k += m) sum += phi(0, k) * psi(0, k);
    out[static_cast<std::size_t>(j)] = std::ldexp(static_cast<double>(m) * sum, a + b);
  }
  return out;
}

struct Measured {
  double ratio = 0.0;      ///< measured over predicted variance of a block's mean
  double deviation = 0.0;  ///< its standard error, in the same unit
};

/// Blocks of long draws until five standard errors are a tenth, or as many as there may be.
Measured measure(FeatureMapSpec spec, const Pair& pair, double most_rows) {
  const Index size = block_law(spec.projection, spec.input_dim).size;
  spec.num_frequencies = size;
  const KernelMoments predicted = kernel_moments(spec, row(pair.x), row(pair.y));
  constexpr Index kBlocks = 4096;
  spec.num_frequencies = size * kBlocks;
  double count = 0.0;
  double second = 0.0;
  double fourth = 0.0;
  Measured out;
  for (std::uint64_t draw = 0;; ++draw) {
    spec.seed = derive_seed({43}, draw);
    const std::vector<double> all = contributions(spec, pair);
    for (Index b = 0; b < kBlocks; ++b) {
      double mean = 0.0;
      for (Index i = 0; i < size; ++i) mean += all[static_cast<std::size_t>(b * size + i)];
      const double square = std::pow(mean / static_cast<double>(size) - predicted.mean, 2);
      second += square;
      fourth += square * square;
    }
    count += kBlocks;
    const double variance = second / count;
    out.ratio = variance / predicted.variance;
    out.deviation = std::sqrt((fourth / count - variance * variance) / count) / predicted.variance;
    if (5.0 * out.deviation <= 0.1 || count * static_cast<double>(size) >= most_rows) return out;
  }
}

std::vector<FeatureFunction> features_for(double s, Index d) {
  return {TrigonometricFeatures{},
          CosineFeatures{},
          PositiveFeatures{},
          HyperbolicFeatures{},
          OprfFeatures{optimal_oprf_parameter(s, d)},
          HyperbolicOprfFeatures{optimal_hyperbolic_oprf_parameter(s, d)}};
}

/// Predicted over measured, least and most over all cells of a projection.
void ratios(bench::Report& report, const std::string& name, const Projection& projection,
            const std::vector<Index>& dims, Pair (*pair_of)(Index, double), bench::Bar bar) {
  double least = INFINITY;
  double most = 0.0;
  int noisy = 0;
  for (const Index d : dims) {
    for (const double s : {0.25, 1.0}) {
      for (const FeatureFunction& features : features_for(s, d)) {
        const FeatureMapSpec spec{.input_dim = d,
                                  .num_frequencies = 1,
                                  .kernel = SoftmaxKernel{},
                                  .projection = projection,
                                  .features = features,
                                  .seed = {},
                                  .centring = {}};
        const Measured measured = measure(spec, pair_of(d, s), report.choose(6e7, 1e6));
        if (5.0 * measured.deviation > 0.1) ++noisy;
        least = std::min(least, 1.0 / measured.ratio);
        most = std::max(most, 1.0 / measured.ratio);
      }
    }
  }
  if (noisy > 0) report.note("%s: %d cells with five sigma above a tenth", name.c_str(), noisy);
  report.line("variance_" + name + "_least", least, bar);
  report.line("variance_" + name + "_most", most, bar);
}

/// Of the 95 % interval, 16 orthogonal blocks.
double coverage(Index d, double s, const Kernel& kernel, const FeatureFunction& features,
                Index intervals) {
  const Index m = 16 * d;
  constexpr Index kPerDraw = 100;
  FeatureMapSpec spec{.input_dim = d,
                      .num_frequencies = m * kPerDraw,
                      .kernel = kernel,
                      .projection = OrthogonalProjection{},
                      .features = features,
                      .seed = {},
                      .centring = {}};
  const Pair pair = random_pair(d, s);
  const double exact = kernel_moments(spec, row(pair.x), row(pair.y)).exact;
  Index covered = 0;
  Index count = 0;
  for (std::uint64_t draw = 0; count < intervals; ++draw) {
    spec.seed = derive_seed({47}, draw);
    const std::vector<double> all = contributions(spec, pair);
    for (Index i = 0; i < kPerDraw; ++i, ++count) {
      const BlockSpread spread = block_spread({all.data() + i * m, static_cast<std::size_t>(m)}, d);
      KernelEstimate estimate;
      estimate.value = spread.mean;
      estimate.standard_error = std::sqrt(spread.variance);
      estimate.degrees_of_freedom = spread.degrees_of_freedom;
      const Interval interval = estimate.interval(0.95);
      covered += interval.low <= exact && exact <= interval.high ? 1 : 0;
    }
  }
  return static_cast<double>(covered) / static_cast<double>(count);
}

void coverages(bench::Report& report) {
  const Index intervals = report.option("--intervals", report.choose(20000, 4000));
  report.note("| features | d | squared norm | coverage of the 95 %% interval, 16 blocks |");
  report.note("|---|---|---|---|");
  const auto run = [&](Index d, double s, const Kernel& kernel, const FeatureFunction& features) {
    const double share = coverage(d, s, kernel, features, intervals);
    const std::string name =
        std::visit([](const auto& f) { return std::string(f.name); }, features);
    report.note("| %s | %td | %g | %.4f |", name.c_str(), d, s, share);
    return share;
  };
  double least = 1.0;
  double most = 0.0;
  for (const Index d : {Index{2}, Index{3}, Index{8}, Index{16}, Index{64}}) {
    for (const double s : {0.25, 1.0}) {
      const HyperbolicOprfFeatures hyperbolic{optimal_hyperbolic_oprf_parameter(s, d)};
      for (const double share : {run(d, s, GaussianKernel{}, TrigonometricFeatures{}),
                                 run(d, s, SoftmaxKernel{}, hyperbolic)}) {
        if (d < 8) continue;  // measured and published, not promised
        least = std::min(least, share);
        most = std::max(most, share);
      }
    }
  }
  run(8, 0.5, SoftmaxKernel{}, PositiveFeatures{});
  run(8, 2.0, SoftmaxKernel{}, PositiveFeatures{});
  report.line("coverage_least", least, bench::at_least(0.925));
  report.line("coverage_most", most, bench::at_most(0.97));
}

void gram_time(bench::Report& report) {
  Matrix<double> x(1000, 16);
  Stream({53}, Purpose::study).normals(0, {x.data(), static_cast<std::size_t>(x.size())});
  for (Index i = 0; i < x.size(); ++i) x.data()[i] *= 0.25;
  double slowest = 0.0;
  for (const Projection& projection :
       {Projection(IidProjection{}), Projection(OrthogonalProjection{}),
        Projection(OrthogonalProjection{Radii::constant}), Projection(SimplexProjection{}),
        Projection(AntitheticProjection{})}) {
    for (const FeatureFunction& features : features_for(1.0, 16)) {
      const FeatureMapSpec spec{.input_dim = 16,
                                .num_frequencies = 64,
                                .kernel = SoftmaxKernel{},
                                .projection = projection,
                                .features = features,
                                .seed = {},
                                .centring = {}};
      std::vector<double> seconds;
      for (int run = 0; run < 5; ++run) {
        const double start = bench::seconds_now(bench::Clock::thread);
        gram_error<double>(spec, x.view(), x.view(), Execution{1});
        seconds.push_back(bench::seconds_now(bench::Clock::thread) - start);
      }
      std::nth_element(seconds.begin(), seconds.begin() + 2, seconds.end());
      slowest = std::max(slowest, seconds[2]);
    }
  }
  report.line("variance_gram_seconds", slowest, bench::at_most(0.2),
              "slowest map and projection, 1000 x 1000, one thread");
}

}  // namespace

int main(int argc, char** argv) {
  bench::Report report(argc, argv);
  gram_time(report);
  const std::vector<Index> dims = {2, 3, 8, 16, 64, 100};
  const bench::Bar bar = bench::between(0.9, 1.1);
  ratios(report, "iid", IidProjection{}, dims, random_pair, bar);
  ratios(report, "orthogonal", OrthogonalProjection{}, dims, random_pair, bar);
  ratios(report, "constant_radii", OrthogonalProjection{Radii::constant}, dims, random_pair, bar);
  ratios(report, "simplex", SimplexProjection{}, dims, random_pair, bar);
  ratios(report, "antithetic", AntitheticProjection{}, dims, random_pair, bar);
  ratios(report, "hadamard", HadamardProjection{}, {16, 64, 100}, random_pair, bar);
  ratios(report, "hadamard_sparse", HadamardProjection{}, {16, 64, 100}, sparse_pair,
         bench::between(0.75, 1.35));
  coverages(report);
  return 0;
}
