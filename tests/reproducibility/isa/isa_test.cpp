// SPDX-License-Identifier: Apache-2.0
#include "maps.hpp"
#include "simd/engine.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>

// Tiers A and C across instruction sets: the choice is made once a process, so each runs in its
// own.

using namespace bochner;

namespace {

std::vector<double> run_under(std::string_view isa) {
  const std::string command = "BOCHNER_ISA=" + std::string(isa) + " '" BOCHNER_WRITE_MAPS "'";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  REQUIRE(pipe);
  std::vector<double> values;
  std::array<double, 4096> chunk{};
  for (std::size_t got = chunk.size(); got == chunk.size();) {
    got = std::fread(chunk.data(), sizeof(double), chunk.size(), pipe.get());
    values.insert(values.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(got));
  }
  return values;
}

/// The largest difference in a row of features, relative to the row's largest feature.
double row_distance(const double* a, const double* b, Index count) {
  double largest = 0.0;
  double difference = 0.0;
  for (Index j = 0; j < count; ++j) {
    largest = std::max(largest, std::abs(a[j]));
    if (!(std::abs(a[j] - b[j]) <= difference)) difference = std::abs(a[j] - b[j]);
  }
  return difference / largest;
}

}  // namespace

TEST_CASE("every instruction set has the same frequencies and, nearly, the same features",
          "[reproducibility][isa]") {
  // Chains of 20 products, then an exponential or a cosine of 2 to 4 ulp: see precision_test.cpp.
  // The error of an angle w.x grows with |w| |x|, which heavy tails take beyond about 10.
  constexpr double kUlps = 64.0;
  const auto sets = simd::available_kernels<float>();
  REQUIRE(sets.back()->name == "scalar");
  const std::vector<double> reference = run_under(sets.back()->name);
  for (const auto* set : sets) {
    INFO(set->name);
    const std::vector<double> mine = run_under(set->name);
    REQUIRE(mine.size() == reference.size());
    std::size_t at = 0;
    for (const FeatureMapSpec& spec : reproducibility::specs()) {
      INFO(to_text(spec));
      const FeatureMap<double> map(spec);
      const auto frequencies = static_cast<std::size_t>(map.frequencies().size());
      CHECK(std::equal(mine.begin() + static_cast<Index>(at),
                       mine.begin() + static_cast<Index>(at + frequencies),
                       reference.begin() + static_cast<Index>(at)));
      at += frequencies;
      const Index columns = num_features(spec);
      const double angle =
          0.5 * std::sqrt(static_cast<double>(spec.input_dim)) * property::largest_frequency(map);
      for (const double ulp : {std::ldexp(1.0, -53), std::ldexp(1.0, -24)}) {
        double worst = 0.0;
        for (Index row = 0; row < reproducibility::kRows; ++row) {
          worst = std::max(worst, row_distance(&reference[at], &mine[at], columns));
          at += static_cast<std::size_t>(columns);
        }
        CHECK(worst <= kUlps * ulp * std::max(1.0, angle / 10.0));
      }
    }
    CHECK(at == mine.size());
  }
}
