// SPDX-License-Identifier: Apache-2.0
#include "report/predicted_chart.hpp"

#include <algorithm>

namespace bochner::report {

std::string predicted_svg(const std::string& target, const std::string& subtitle,
                          const std::vector<Point>& points) {
  double low = points.front().x;
  double high = low;
  for (const Point& point : points) {
    low = std::min({low, point.x, point.y});
    high = std::max({high, point.x, point.y});
  }
  Chart chart;
  chart.title = "Predicted against true " + target;
  chart.subtitle = subtitle;
  chart.x_label = "true";
  chart.y_label = "predicted";
  chart.series.push_back({"a row", 0, Line::none, Marker::circle, points});
  chart.series.push_back(
      {"predicted = true", 1, Line::dashed, Marker::none, {{low, low}, {high, high}}});
  return to_svg(chart);
}

}  // namespace bochner::report
