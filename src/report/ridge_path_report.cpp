// SPDX-License-Identifier: Apache-2.0
#include "report/ridge_path_report.hpp"

#include "report/chart.hpp"

#include <cmath>
#include <limits>

namespace bochner::report {
namespace {

Chart path_chart(const std::string& title, const std::string& subtitle, const std::string& y) {
  Chart chart;
  chart.title = title;
  chart.subtitle = subtitle;
  chart.x_label = "ridge";
  chart.y_label = y;
  chart.x_scale = Scale::log10;
  chart.y_scale = Scale::log10;
  return chart;
}

FilledColumn list(const char* key, const std::vector<double>& numbers) {
  return {{.key = key}, {numbers.begin(), numbers.end()}};
}

}  // namespace

Table path_table(const RidgePath& path) {
  return {list("ridge", path.ridge), list("gcv", path.gcv), list("log_evidence", path.log_evidence),
          list("degrees_of_freedom", path.degrees_of_freedom)};
}

std::string path_svg(const RidgePath& path, double ridge, const std::string& subtitle) {
  Chart chart = path_chart("The path of ridges", subtitle, "root of GCV");
  Series gcv{"all rows, one factorisation", 0, Line::solid, Marker::none, {}};
  Series chosen{"the model's ridge", 1, Line::none, Marker::circle, {}};
  double nearest = std::numeric_limits<double>::infinity();
  for (std::size_t r = 0; r < path.ridge.size(); ++r) {
    const Point point{path.ridge[r], std::sqrt(path.gcv[r])};
    gcv.points.push_back(point);
    const double distance = std::abs(std::log(path.ridge[r] / ridge));
    if (distance >= nearest) continue;
    nearest = distance;
    chosen.points = {point};
  }
  chart.series = {gcv, chosen};
  return to_svg(chart);
}

Table path_table(const LogisticValidation& path) {
  return {list("ridge", path.ridge), list("log_loss", path.log_loss),
          list("standard_error", path.standard_error), list("error_rate", path.error_rate)};
}

std::string path_svg(const LogisticValidation& path, const std::string& subtitle) {
  Chart chart = path_chart("The path of ridges", subtitle, "held-out log loss");
  Series loss{"part of the rows", 0, Line::solid, Marker::circle, {}};
  for (std::size_t r = 0; r < path.ridge.size(); ++r) {
    loss.points.push_back({path.ridge[r], path.log_loss[r], path.standard_error[r]});
  }
  chart.series = {loss};
  return to_svg(chart);
}

}  // namespace bochner::report
