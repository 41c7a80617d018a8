// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "report/axis.hpp"

#include <span>
#include <string>
#include <vector>

namespace bochner::report {

enum class Line { none, solid, dashed };
enum class Marker { none, circle, square, triangle, diamond };

struct Point {
  double x = 0.0;
  double y = 0.0;
  double error = 0.0;  ///< half the length of a vertical bar; none for 0
};

/// Points of one colour. A point without a place on the axes (not finite, or not positive on a
/// logarithmic one) is left out and interrupts the line.
struct Series {
  std::string label;  ///< in the legend; empty: not there
  int colour = 0;     ///< an index into the palette, from 0
  Line line = Line::solid;
  Marker marker = Marker::none;
  std::vector<Point> points;
};

/// A chart of lines and points.
struct Chart {
  std::string title;
  std::string subtitle;
  std::string x_label;
  std::string y_label;
  Scale x_scale = Scale::linear;
  Scale y_scale = Scale::linear;
  std::vector<Series> series;
};

/// The chart as a self-contained SVG document of 760 x 500 units.
std::string to_svg(const Chart& chart);

/// Charts beside each other in rows of `columns`, as one document.
std::string to_svg(std::span<const Chart> charts, int columns);

}  // namespace bochner::report
