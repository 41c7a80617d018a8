// SPDX-License-Identifier: Apache-2.0
#include "report/chart.hpp"

#include "report/axis.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

using namespace bochner::report;
using Catch::Matchers::Contains;

namespace {

std::vector<std::string> labels(const Axis& axis) {
  std::vector<std::string> out;
  for (const Tick& tick : axis.ticks()) {
    if (!tick.label.empty()) out.push_back(tick.label);
  }
  return out;
}

/// Whether every element that is opened is closed, in order, and no text is left unescaped.
bool is_well_formed(std::string_view xml) {
  std::vector<std::string> open;
  while (!xml.empty()) {
    const std::size_t tag = xml.find('<');
    for (std::string_view text = xml.substr(0, tag); text.find('&') != std::string_view::npos;) {
      text.remove_prefix(text.find('&'));
      if (text.find(';') > 6) return false;
      text.remove_prefix(1);
    }
    if (tag == std::string_view::npos) break;
    const std::size_t end = xml.find('>', tag);
    if (end == std::string_view::npos) return false;
    const std::string_view inside = xml.substr(tag + 1, end - tag - 1);
    if (inside.starts_with('/')) {
      if (open.empty() || open.back() != inside.substr(1)) return false;
      open.pop_back();
    } else if (!inside.ends_with('/')) {
      open.emplace_back(inside.substr(0, inside.find(' ')));
    }
    xml.remove_prefix(end + 1);
  }
  return open.empty();
}

}  // namespace

TEST_CASE("ticks are round numbers", "[chart]") {
  using Labels = std::vector<std::string>;
  CHECK(labels(Axis(Scale::linear, 0, 10)) == Labels{"0", "2", "4", "6", "8", "10"});
  CHECK(labels(Axis(Scale::linear, -1, 1)) == Labels{"\xE2\x88\x92"
                                                     "1.0",
                                                     "\xE2\x88\x92"
                                                     "0.5",
                                                     "0.0", "0.5", "1.0"});
  CHECK(labels(Axis(Scale::log2, 16, 256)) == Labels{"16", "32", "64", "128", "256"});
  CHECK(labels(Axis(Scale::log10, 0.01, 0.3)) == Labels{"0.01", "0.02", "0.05", "0.1", "0.2"});
  CHECK(labels(Axis(Scale::log10, 1e-6, 1.0)).front() == "10\xE2\x81\xBB\xE2\x81\xB6");
  CHECK(labels(Axis(Scale::log10, 0.15, 0.25)).size() >= 4);
}

TEST_CASE("an axis copes with any finite interval", "[chart]") {
  for (const Scale scale : {Scale::linear, Scale::log2, Scale::log10}) {
    for (const auto& [low, high] : std::vector<std::pair<double, double>>{
             {1, 1}, {1e-300, 1e300}, {1e17, 1e17 + 16}, {1e-12, 2e-12}, {3, 3.0000001}}) {
      const Axis axis(scale, low, high);
      CHECK(axis.position(low) >= 0.0);
      CHECK(axis.position(high) <= 1.0);
      CHECK(axis.ticks().size() < 120);
    }
  }
  CHECK_FALSE(Axis(Scale::log10, 1, 2).shows(0.0));
  CHECK_FALSE(Axis(Scale::linear, 1, 2).shows(std::nan("")));
}

TEST_CASE("a chart is one well-formed document whatever is in it", "[chart]") {
  const double inf = std::numeric_limits<double>::infinity();
  Chart chart{"<title> & \"more\"",
              "a\x01"
              "b",
              "x",
              "y",
              Scale::log2,
              Scale::log10,
              {}};
  CHECK(is_well_formed(to_svg(chart)));
  for (const Marker marker :
       {Marker::none, Marker::circle, Marker::square, Marker::triangle, Marker::diamond}) {
    chart.series.push_back({"s<&>",
                            static_cast<int>(marker),
                            Line::dashed,
                            marker,
                            {{1, 1, 0.5}, {2, std::nan("")}, {4, 0.0}, {8, inf}, {16, 2, 3}}});
  }
  const std::string svg = to_svg(chart);
  CHECK(is_well_formed(svg));
  CHECK_THAT(svg, Contains("&lt;title&gt; &amp; &quot;more&quot;") && Contains(">a\\x01b<"));
  CHECK_THAT(svg, !Contains("nan") && !Contains("inf"));
  CHECK_FALSE(is_well_formed("<a><b></a>"));
  CHECK_FALSE(is_well_formed("<a>R&D</a>"));
}
