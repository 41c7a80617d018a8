// SPDX-License-Identifier: Apache-2.0
#include "report/heat_map.hpp"

#include "core/numbers.hpp"
#include "report/axis.hpp"
#include "report/svg.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace bochner::report {
namespace {

constexpr double kWidth = 760.0;
constexpr double kHeight = 500.0;
constexpr double kLeft = 86.0;
constexpr double kRight = kWidth - 150.0;
constexpr double kTop = 78.0;
constexpr double kBottom = kHeight - 62.0;
constexpr int kLevels = 12;  ///< shades on either side of zero

/// -kLevels to kLevels.
int level_of(double value, double largest) {
  if (std::isnan(value)) return 0;
  return static_cast<int>(std::lround(std::clamp(value / largest, -1.0, 1.0) * kLevels));
}

/// From white to the palette's blue or vermilion.
std::string colour_of(int level) {
  constexpr std::array<double, 3> kBelow = {0x00, 0x72, 0xb2};
  constexpr std::array<double, 3> kAbove = {0xd5, 0x5e, 0x00};
  const std::array<double, 3>& full = level < 0 ? kBelow : kAbove;
  const double share = std::abs(level) / static_cast<double>(kLevels);
  std::array<char, 8> out{};
  std::array<int, 3> mixed{};
  for (std::size_t c = 0; c < 3; ++c) {
    mixed[c] = static_cast<int>(std::lround(255.0 + share * (full[c] - 255.0)));
  }
  std::snprintf(out.data(), out.size(), "#%02x%02x%02x", mixed[0], mixed[1], mixed[2]);
  return out.data();
}

std::string text(double x, double y, const std::string& style, const std::string& words) {
  return "<text x=\"" + svg_number(x) + "\" y=\"" + svg_number(y) + "\" " + style + ">" +
         xml_text(words) + "</text>\n";
}

std::string rectangle(double x, double y, double width, double height, const std::string& colour) {
  return "<rect x=\"" + svg_number(x) + "\" y=\"" + svg_number(y) + "\" width=\"" +
         svg_number(width) + "\" height=\"" + svg_number(height) + "\" fill=\"" + colour + "\"/>\n";
}

/// Cells of a row with one colour are one rectangle.
std::string cells(const HeatMap& map) {
  const auto rows = static_cast<double>(map.values.size());
  const double height = (kBottom - kTop) / rows;
  std::string out = "<g shape-rendering=\"crispEdges\">\n";
  for (std::size_t r = 0; r < map.values.size(); ++r) {
    const std::vector<double>& row = map.values[r];
    const double width = (kRight - kLeft) / static_cast<double>(row.size());
    const double y = kBottom - static_cast<double>(r + 1) * height;
    for (std::size_t first = 0, last = 0; first < row.size(); first = last) {
      const int level = level_of(row[first], map.largest);
      while (last < row.size() && level_of(row[last], map.largest) == level) ++last;
      out += rectangle(kLeft + static_cast<double>(first) * width, y,
                       static_cast<double>(last - first) * width, height, colour_of(level));
    }
  }
  return out + "</g>\n";
}

/// Round values of a linear axis, at their places.
std::string axes(const HeatMap& map) {
  std::string out;
  const Axis x(Scale::linear, map.x_low, map.x_high);
  const Axis y(Scale::linear, map.y_low, map.y_high);
  for (const Tick& tick : x.ticks()) {
    const double share = (tick.value - map.x_low) / (map.x_high - map.x_low);
    if (share < 0.0 || share > 1.0) continue;
    out += text(kLeft + share * (kRight - kLeft), kBottom + 20.0, "text-anchor=\"middle\"",
                tick.label);
  }
  for (const Tick& tick : y.ticks()) {
    const double share = (tick.value - map.y_low) / (map.y_high - map.y_low);
    if (share < 0.0 || share > 1.0) continue;
    out += text(kLeft - 10.0, kBottom - share * (kBottom - kTop) + 4.2, "text-anchor=\"end\"",
                tick.label);
  }
  out += "<rect x=\"" + svg_number(kLeft) + "\" y=\"" + svg_number(kTop) + "\" width=\"" +
         svg_number(kRight - kLeft) + "\" height=\"" + svg_number(kBottom - kTop) +
         "\" fill=\"none\" stroke=\"#999\"/>\n";
  out += text((kLeft + kRight) / 2.0, kBottom + 46.0, "text-anchor=\"middle\" font-size=\"13\"",
              map.x_label);
  return out + "<text transform=\"translate(24.00 " + svg_number((kTop + kBottom) / 2.0) +
         ") rotate(-90)\" text-anchor=\"middle\" font-size=\"13\">" + xml_text(map.y_label) +
         "</text>\n";
}

std::string scale(const HeatMap& map) {
  const double x = kRight + 28.0;
  const double height = (kBottom - kTop - 60.0) / (2 * kLevels + 1);
  const double bottom = kBottom - 30.0;
  std::string out = "<g shape-rendering=\"crispEdges\">\n";
  for (int level = -kLevels; level <= kLevels; ++level) {
    out += rectangle(x, bottom - (level + kLevels + 1) * height, 16.0, height, colour_of(level));
  }
  out += "</g>\n";
  for (const double share : {-1.0, -0.5, 0.0, 0.5, 1.0}) {
    const double value = share * map.largest;
    out += text(x + 24.0, bottom - (share * kLevels + kLevels + 0.5) * height + 4.2, "",
                (value < 0.0 ? "−" : "") + significant(std::abs(value), 2));
  }
  out += text(x, bottom - (2 * kLevels + 1) * height - 10.0, "fill=\"#b04d00\"", map.above);
  return out + text(x, bottom + 20.0, "fill=\"#005f94\"", map.below);
}

}  // namespace

std::string to_svg(const HeatMap& map) {
  return svg_open(kWidth, kHeight, map.title) +
         text(kLeft, 32.0, "font-size=\"17\" font-weight=\"600\" fill=\"#111\"", map.title) +
         text(kLeft, 52.0, "fill=\"#666\"", map.subtitle) + cells(map) + axes(map) + scale(map) +
         "</svg>\n";
}

std::string to_svg(const std::vector<HeatMap>& maps, int columns) {
  std::vector<std::string> panels;
  for (const HeatMap& map : maps) panels.push_back(to_svg(map));
  return svg_panels(panels, columns, kWidth, kHeight);
}

}  // namespace bochner::report
