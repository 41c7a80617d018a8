// SPDX-License-Identifier: Apache-2.0

// Are the closed forms right? Predicted over measured variance for every map, projection, dimension
// and size, and the time that a Gram matrix takes. Usage: bench_moments [--quick]

#include "bench/support/report.hpp"
#include "bench/variance/pairs.hpp"

#include <bochner/estimator/gram_error.hpp>
#include <bochner/estimator/variance.hpp>

#include "estimator/row_law.hpp"

#include <string>

using namespace bochner;
using bench::Pair;

namespace {

FeatureMapSpec spec_of(Index d, const Projection& projection, const FeatureFunction& features) {
  return {.input_dim = d,
          .num_frequencies = 1,
          .kernel = SoftmaxKernel{},
          .projection = projection,
          .features = features,
          .seed = {},
          .transform = {}};
}

/// A map at a pair, and its block means so far.
struct Cell {
  FeatureMapSpec spec;
  const Pair* pair;
  KernelMoments predicted;  ///< of one block
  double count = 0.0;
  double second = 0.0;  ///< sums of powers of deviations from the predicted mean
  double fourth = 0.0;

  /// Measured over predicted variance.
  double ratio() const { return second / count / predicted.variance; }
  /// Its standard error, of the sample.
  double deviation() const {
    const double variance = second / count;
    return std::sqrt((fourth / count - variance * variance) / count) / predicted.variance;
  }
  bool settled() const { return count > 0.0 && 5.0 * deviation() <= 0.1; }
};

void add(Cell& cell, const std::vector<double>& contributions, Index size) {
  for (std::size_t first = 0; first < contributions.size();
       first += static_cast<std::size_t>(size)) {
    double mean = 0.0;
    for (std::size_t i = first; i < first + static_cast<std::size_t>(size); ++i) {
      mean += contributions[i] / static_cast<double>(size);
    }
    const double square = std::pow(mean - cell.predicted.mean, 2);
    cell.second += square;
    cell.fourth += square * square;
    cell.count += 1.0;
  }
}

/// Draws blocks for all maps of a projection at once, for each until five of its standard errors
/// are a tenth, or as many rows as there may be.
std::vector<Cell> measure(Index d, const Projection& projection, const Matrix<double>& plane,
                          double most_rows) {
  const Index size = estimator::block_law(projection, d).size;
  const std::vector<Pair> pairs = {Pair(plane, 0.25), Pair(plane, 1.0)};
  std::vector<Cell> cells;
  for (const Pair& pair : pairs) {
    for (const FeatureFunction& features :
         bench::features_for(&pair == pairs.data() ? 0.25 : 1.0, d)) {
      FeatureMapSpec spec = spec_of(d, projection, features);
      spec.num_frequencies = size;
      cells.push_back({spec, &pair, kernel_moments(spec, pair.query(), pair.key())});
    }
  }
  // About 4,000 rows a draw, sixteen draws before anything is decided.
  const Index rows = std::max<Index>(1, 4096 / size) * size;
  constexpr Index kDraws = 16;
  for (std::uint64_t first = 0;; first += kDraws) {
    std::vector<std::vector<Cell>> parts(kDraws, cells);
    parallel_for_blocks(kDraws, {}, [&](Index draw_index, int /*worker*/) {
      FeatureMapSpec spec = cells.front().spec;
      spec.num_frequencies = rows;
      spec.seed = derive_seed({43}, first + static_cast<std::uint64_t>(draw_index));
      const FrequencyDraw frequencies = feature_map::draw(spec);
      for (Cell& cell : parts[static_cast<std::size_t>(draw_index)]) {
        const bool enough = cell.settled();
        cell.count = cell.second = cell.fourth = 0.0;
        if (enough) continue;
        spec.features = cell.spec.features;
        add(cell, bench::contributions(spec, frequencies, *cell.pair), size);
      }
    });
    bool settled = true;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      for (const std::vector<Cell>& part : parts) {
        cells[c].count += part[c].count;
        cells[c].second += part[c].second;
        cells[c].fourth += part[c].fourth;
      }
      settled = settled && cells[c].settled();
    }
    if (settled || static_cast<double>(first + kDraws) * static_cast<double>(rows) >= most_rows) {
      return cells;
    }
  }
}

/// Predicted over measured, least and most over all cells of a projection.
void ratios(bench::Report& report, const std::string& name, const Projection& projection,
            const std::vector<Index>& dims, Matrix<double> (*plane_of)(Index), bench::Bar bar) {
  double least = INFINITY;
  double most = 0.0;
  int count = 0;
  int left_out = 0;
  std::string noisy;
  for (const Index d : dims) {
    for (const Cell& cell : measure(d, projection, plane_of(d), report.choose(4e7, 1e6))) {
      ++count;
      if (!cell.settled()) {
        noisy += (noisy.empty() ? "" : ", ") +
                 std::visit([](const auto& f) { return std::string(f.name); }, cell.spec.features) +
                 " d " + std::to_string(d);
        // With a sample this small only what it can tell is asked of it.
        if (report.quick()) {
          ++left_out;
          continue;
        }
      }
      least = std::min(least, 1.0 / cell.ratio());
      most = std::max(most, 1.0 / cell.ratio());
    }
  }
  if (!noisy.empty()) {
    report.note("%s: five sigma above a tenth%s: %s", name.c_str(),
                report.quick() ? ", left out of this quick run" : "", noisy.c_str());
  }
  const std::string remark =
      std::to_string(count - left_out) + " of " + std::to_string(count) + " cells";
  report.line("variance_" + name + "_least", least, bar, remark);
  report.line("variance_" + name + "_most", most, bar, remark);
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
    for (const FeatureFunction& features : bench::features_for(1.0, 16)) {
      FeatureMapSpec spec = spec_of(16, projection, features);
      spec.num_frequencies = 64;
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
  const std::vector<Index> padded = {16, 64, 100};
  const bench::Bar bar = bench::between(0.9, 1.1);
  const auto random = bench::random_plane;
  ratios(report, "iid", IidProjection{}, dims, random, bar);
  ratios(report, "orthogonal", OrthogonalProjection{}, dims, random, bar);
  ratios(report, "constant_radii", OrthogonalProjection{Radii::constant}, dims, random, bar);
  ratios(report, "simplex", SimplexProjection{}, dims, random, bar);
  ratios(report, "antithetic", AntitheticProjection{}, dims, random, bar);
  ratios(report, "hadamard", HadamardProjection{}, padded, random, bar);
  ratios(report, "hadamard_sparse", HadamardProjection{}, padded, bench::sparse_plane,
         bench::between(0.75, 1.35));
  return 0;
}
