// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/attention/backend.hpp"
#include "bochner/core/error.hpp"

#include <catch2/catch.hpp>

using namespace bochner;

namespace {

/// The first length, in steps of 64, for which random features win.
Index modelled_crossover(Mask mask) {
  Index length = 64;
  while (attention_backend({length, length}, 64, 256, mask) == AttentionBackend::exact) {
    length += 64;
  }
  return length;
}

}  // namespace

TEST_CASE("attention_backend follows lengths, features and mask", "[attention][backend]") {
  using enum AttentionBackend;
  CHECK(attention_backend({64, 64}, 64, 256, Mask::none) == exact);
  CHECK(attention_backend({65536, 65536}, 64, 256, Mask::none) == random_features);
  CHECK(attention_backend({65536, 65536}, 64, 1 << 20, Mask::none) == exact);
  CHECK(attention_backend({0, 0}, 64, 256, Mask::none) == exact);
  CHECK(attention_backend({1, 65536}, 64, 256, Mask::causal) == exact);  // its keys alone cost more
  CHECK(modelled_crossover(Mask::causal) > modelled_crossover(Mask::none));
  // Four queries over ten keys see 7 + 8 + 9 + 10 of them.
  const AttentionCosts unit{.product = 0.5, .weight = 0.0, .feature = 0.0, .fold = 0.0};
  CHECK(attention_nanoseconds(exact, {4, 10}, 1, 1, Mask::causal, unit) == 34.0);
  CHECK(attention_nanoseconds(exact, {10, 4}, 1, 1, Mask::causal, unit) == 10.0);
  CHECK(attention_nanoseconds(random_features, {4, 10}, 1, 3, Mask::none, unit) == 42.0);
}

TEST_CASE("attention_backend refuses what no attention has", "[attention][backend]") {
  CHECK_THROWS_AS(attention_backend({-1, 1}, 1, 1, Mask::none), InvalidArgument);
  CHECK_THROWS_AS(attention_backend({1, -1}, 1, 1, Mask::none), InvalidArgument);
  CHECK_THROWS_AS(attention_backend({1, 1}, 0, 1, Mask::none), InvalidArgument);
  CHECK_THROWS_AS(attention_backend({1, 1}, 1, 0, Mask::none), InvalidArgument);
}

TEST_CASE("each function refuses in its own name", "[attention][backend]") {
  using Catch::Matchers::StartsWith;
  CHECK_THROWS_WITH(attention_backend({-1, 1}, 1, 1, Mask::none),
                    StartsWith("attention_backend: queries is -1"));
  CHECK_THROWS_WITH(attention_nanoseconds(AttentionBackend::exact, {1, -1}, 1, 1, Mask::none),
                    StartsWith("attention_nanoseconds: keys is -1"));
}
