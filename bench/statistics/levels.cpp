// SPDX-License-Identifier: Apache-2.0

// How often do tests by the limit law reject at level 0.05 where there is nothing to find? One draw
// of the frequencies for each simulation; x and y owe a function of z to z.
// Usage: bench_levels [--quick] [--simulations N]

#include "bench/support/report.hpp"

#include <bochner/client/gram/conditional_independence.hpp>
#include <bochner/client/gram/independence.hpp>
#include <bochner/client/gram/two_sample.hpp>
#include <bochner/core/names.hpp>

#include "core/parallel.hpp"

#include <atomic>
#include <cmath>
#include <functional>
#include <string>
#include <utility>

using namespace bochner;

namespace {

constexpr double kLevel = 0.05;

struct Rows {
  Matrix<double> x, y, z;
};

/// x = tanh(m + e), y = (m + e')^3 / 3, m the sum of z over the root of its dimension; or, without
/// columns of z, e and e' alone.
Rows rows_of(Index n, Index dim, Seed seed) {
  Rows out{Matrix<double>(n, 1), Matrix<double>(n, 1), Matrix<double>(n, dim)};
  const Stream stream(seed, Purpose::study);
  std::uint64_t at = 0;
  for (Index i = 0; i < n; ++i) {
    double common = 0.0;
    for (Index k = 0; k < dim; ++k) {
      out.z(i, k) = stream.normal(at++);
      common += out.z(i, k) / std::sqrt(static_cast<double>(dim));
    }
    out.x(i, 0) = std::tanh(common + stream.normal(at++));
    out.y(i, 0) = std::pow(common + stream.normal(at++), 3) / 3.0;
  }
  return out;
}

FeatureMap<double> map_of(Seed seed) {
  return FeatureMap<double>({.input_dim = 1, .num_frequencies = 25, .seed = seed});
}

double two_samples(Index n, Seed seed) {
  const Rows a = rows_of(n, 0, derive_seed(seed, 1));
  const Rows b = rows_of(n, 0, derive_seed(seed, 2));
  return two_sample_test<double>(map_of(seed), a.x.view(), b.x.view(),
                                 {.null = NullLaw::weighted_chi_squares}, {1})
      .p_value;
}

double independence(Index n, Seed seed) {
  const Rows rows = rows_of(n, 0, derive_seed(seed, 1));
  const FeatureMap<double> map = map_of(seed);
  return independence_test<double>({map, rows.x.view()}, {map, rows.y.view()},
                                   {.null = NullLaw::weighted_chi_squares}, {1})
      .p_value;
}

double conditional(Index n, Seed seed, Index dim, ConditionalTest test, ChiSquareLaw law) {
  const Rows rows = rows_of(n, dim, derive_seed(seed, 1));
  return conditional_independence_test(rows.x.view(), rows.y.view(), rows.z.view(),
                                       {.test = test, .law = law, .draws = 1, .seed = seed}, {1})
      .p_value;
}

double share_rejected(Index simulations, const std::function<double(Seed)>& p_value) {
  std::atomic<Index> rejected = 0;
  parallel_for_blocks(simulations, {}, [&](Index s, int /*worker*/) {
    if (p_value(derive_seed({81}, static_cast<std::uint64_t>(s))) <= kLevel) ++rejected;
  });
  return static_cast<double>(rejected) / static_cast<double>(simulations);
}

}  // namespace

int main(int argc, char** argv) {
  bench::Report report(argc, argv);
  const Index simulations = report.option("--simulations", report.choose(2000, 200));
  const std::string remark = std::to_string(simulations) + " simulations";
  const bench::Bar bar = bench::between(0.04, 0.06);
  for (const Index n : {Index{500}, Index{5000}}) {
    const auto line = [&](const std::string& name, const std::function<double(Seed)>& p_value) {
      report.line(name + "_" + std::to_string(n), share_rejected(simulations, p_value), bar,
                  remark);
    };
    line("level_two_sample", [&](Seed seed) { return two_samples(n, seed); });
    line("level_independence", [&](Seed seed) { return independence(n, seed); });
    for (const ChiSquareLaw law : {ChiSquareLaw::inversion, ChiSquareLaw::lindsay_pilla_basak}) {
      line("level_rcot_z1_" + std::string(name_of(law)),
           [&](Seed seed) { return conditional(n, seed, 1, ConditionalTest::rcot, law); });
    }
    line("level_rcot_z5", [&](Seed seed) {
      return conditional(n, seed, 5, ConditionalTest::rcot, ChiSquareLaw::inversion);
    });
    line("level_rcit_z1", [&](Seed seed) {
      return conditional(n, seed, 1, ConditionalTest::rcit, ChiSquareLaw::inversion);
    });
  }
  return 0;
}
