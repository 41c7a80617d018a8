// SPDX-License-Identifier: Apache-2.0
#include "property/specs.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>

using namespace bochner;

TEST_CASE("every spec survives its text form, and its hash with it", "[property][spec]") {
  std::set<std::string> lines;
  std::set<std::size_t> hashes;
  for (const FeatureMapSpec& spec : property::specs(3, 8)) {
    const std::string line = to_text(spec);
    INFO(line);
    const FeatureMapSpec back = parse_spec(line);
    CHECK(back == spec);
    CHECK(to_text(back) == line);
    CHECK(std::hash<FeatureMapSpec>{}(back) == std::hash<FeatureMapSpec>{}(spec));
    CHECK(line.find('\n') == std::string::npos);
    lines.insert(line);
    hashes.insert(std::hash<FeatureMapSpec>{}(spec));
    CHECK_NOTHROW(validate(spec));
  }
  CHECK(lines.size() == property::specs(3, 8).size());
  CHECK(hashes.size() == lines.size());
}

TEST_CASE("specs that differ in one member are different", "[property][spec]") {
  for (const FeatureMapSpec& spec : property::specs(3, 8)) {
    INFO(to_text(spec));
    FeatureMapSpec other = spec;
    other.num_frequencies += 1;
    CHECK(other != spec);
    other = spec;
    other.seed.value += 1;
    CHECK(other != spec);
    CHECK(to_text(other) != to_text(spec));
    other = spec;
    other.transform = {{1.0, 2.0, 3.0}, {1.0, 2.0, 3.0}};
    CHECK(other != spec);
    CHECK(to_text(other) != to_text(spec));
  }
}
