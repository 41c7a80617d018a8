// SPDX-License-Identifier: Apache-2.0
#include "estimator/error_curve.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace bochner;
using namespace bochner::estimator;

TEST_CASE("the smallest number is the one that a scan finds, by few questions", "[plan]") {
  const std::vector<Projection> projections = {
      IidProjection{},     OrthogonalProjection{}, HadamardProjection{},
      SimplexProjection{}, AntitheticProjection{}, AntitheticProjection{Directions::independent}};
  for (const Projection& projection : projections) {
    for (const Index dim : {Index{1}, Index{2}, Index{3}, Index{5}, Index{16}, Index{23}}) {
      // Coupling that helps, that does nothing, and that harms.
      for (const double block_variance : {0.0, 0.2, 0.999, 1.0, 1.02, 1.6, 2.0}) {
        for (const double pair_variance : {0.0, 0.7, 2.0}) {
          const ErrorCurve curve(
              block_law(projection, dim),
              {.row = 0.0, .pair = std::log(pair_variance), .block = std::log(block_variance)},
              0.0);
          for (const double wanted : {3.0, 0.3, 0.041, 0.0123, 0.0017}) {
            CAPTURE(to_text(projection), dim, block_variance, pair_variance, wanted);
            int questions = 0;
            const auto good = [&](Index m) {
              ++questions;
              return curve.variance(m) <= wanted;
            };
            const Found found = find_smallest(curve, good);
            CHECK(questions <= 60 * (2 * curve.step() + 1));
            Index first = 1;
            while (!good(first)) ++first;
            CHECK(found.smallest == first);
            Index blocks = curve.step();
            while (!good(blocks)) blocks += curve.step();
            CHECK(found.whole_blocks == blocks);
          }
        }
      }
    }
  }
}

TEST_CASE("a large answer takes no more questions than a small one", "[plan]") {
  for (const double block_variance : {0.5, 1.0, 1.9}) {
    const ErrorCurve curve(block_law(OrthogonalProjection{}, 64),
                           {.row = 0.0, .pair = 0.0, .block = std::log(block_variance)}, 0.0);
    int questions = 0;
    const Found found = find_smallest(curve, [&](Index m) {
      ++questions;
      return curve.variance(m) <= 1e-11;
    });
    CHECK(static_cast<double>(found.smallest) == Approx(block_variance * 1e11).epsilon(1e-3));
    CHECK(questions < 10'000);
  }
}
