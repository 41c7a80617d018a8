// SPDX-License-Identifier: Apache-2.0
#include "support/fields.hpp"

#include "bochner/client/attention.hpp"

using namespace bochner;

namespace {

struct Forgetful {
  Index listed = 1;
  Index forgotten = 2;
  static constexpr auto fields() { return std::tuple{Field{"listed", &Forgetful::listed}}; }
};

}  // namespace

TEST_CASE("members are counted", "[fields]") {
  STATIC_REQUIRE(num_members<Forgetful>() == 2);
  STATIC_REQUIRE(std::tuple_size_v<decltype(listed_members<Forgetful>())> == 1);
  STATIC_REQUIRE(num_members<AttentionLengths>() == 2);
}

TEST_CASE("options and reports of attention list every member", "[fields]") {
  require_whole_options<AttentionOptions>();
  require_whole_options<ExactPairs>();
  require_whole_options<KeyBlocks>();
  require_whole_options<AttentionErrorOptions>();
  require_whole_options<CalibrationOptions>();
  require_whole<AttentionReport>();
  require_whole<AttentionErrorReport>();
  require_whole<EffectiveNorms>();
  require_whole<AttentionComparison>();
}
