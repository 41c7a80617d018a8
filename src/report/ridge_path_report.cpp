// SPDX-License-Identifier: Apache-2.0
#include "report/ridge_path_report.hpp"

#include "core/numbers.hpp"
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

}  // namespace

std::string path_csv(const RidgePath& path) {
  std::string out = "ridge,gcv,log_evidence,degrees_of_freedom\n";
  for (std::size_t r = 0; r < path.ridge.size(); ++r) {
    out += shortest(path.ridge[r]) + "," + shortest(path.gcv[r]) + "," +
           shortest(path.log_evidence[r]) + "," + shortest(path.degrees_of_freedom[r]) + "\n";
  }
  return out;
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

std::string path_csv(const LogisticValidation& path) {
  std::string out = "ridge,log_loss,standard_error,error_rate\n";
  for (std::size_t r = 0; r < path.ridge.size(); ++r) {
    out += shortest(path.ridge[r]) + "," + shortest(path.log_loss[r]) + "," +
           shortest(path.standard_error[r]) + "," + shortest(path.error_rate[r]) + "\n";
  }
  return out;
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
