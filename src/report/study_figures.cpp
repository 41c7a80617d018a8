// SPDX-License-Identifier: Apache-2.0
#include "report/chart.hpp"
#include "report/study_report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

namespace bochner::report {
namespace {

constexpr std::array kMarkers = {Marker::circle, Marker::square, Marker::triangle, Marker::diamond};
constexpr int kPanelsAcross = 2;

/// Errors of one map at one number of columns.
struct Errors {
  double predicted = 0.0;
  double measured = 0.0;
  double standard_error = 0.0;
};

/// Curves by projection and feature function, both in the order in which they came.
class Curves {
 public:
  void add(const std::string& projection, const std::string& features, Index columns,
           const Errors& errors) {
    note(projections_, projection);
    note(features_, features);
    curves_[{projection, features}][columns] = errors;
  }

  /// One panel a projection, all on the same axes, a colour a feature function.
  std::vector<Chart> charts(const Chart& like, bool measured) const {
    Series frame{"", 0, Line::none, Marker::none, {}};
    for (const auto& curve : curves_) {
      for (const auto& [columns, errors] : curve.second) {
        const auto x = static_cast<double>(columns);
        frame.points.push_back({x, errors.predicted});
        if (!measured) continue;
        frame.points.push_back({x, errors.measured + errors.standard_error});
        // A bar that reaches zero has no end on a logarithmic axis.
        const double low = errors.measured - errors.standard_error;
        frame.points.push_back({x, low > 0.0 ? low : errors.measured});
      }
    }
    std::vector<Chart> out;
    for (const std::string& projection : projections_) {
      Chart& chart = out.emplace_back(like);
      chart.title += ", " + projection;
      chart.series.push_back(frame);
      for (std::size_t f = 0; f < features_.size(); ++f) {
        const auto curve = curves_.find({projection, features_[f]});
        if (curve == curves_.end()) continue;
        const int colour = static_cast<int>(f);
        Series line{features_[f], colour, Line::solid, Marker::none, {}};
        Series points{"", colour, Line::none, kMarkers[f % kMarkers.size()], {}};
        for (const auto& [columns, errors] : curve->second) {
          const auto x = static_cast<double>(columns);
          line.points.push_back({x, errors.predicted});
          points.points.push_back({x, errors.measured, errors.standard_error});
        }
        chart.series.push_back(std::move(line));
        if (measured) chart.series.push_back(std::move(points));
      }
    }
    return out;
  }

 private:
  static void note(std::vector<std::string>& names, const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }

  std::vector<std::string> projections_;
  std::vector<std::string> features_;
  std::map<std::pair<std::string, std::string>, std::map<Index, Errors>> curves_;
};

Chart chart_like(const StudyResult& result, const std::string& title, const std::string& over,
                 Index draws) {
  Chart chart;
  chart.title = title;
  chart.subtitle = to_text(result.kernel) + ", dimension " + std::to_string(result.dimension) +
                   ", " + over + (draws > 0 ? "; points: " + std::to_string(draws) + " draws" : "");
  chart.x_label = "columns of phi";
  chart.y_label = "relative error";
  chart.x_scale = Scale::log2;
  chart.y_scale = Scale::log10;
  return chart;
}

}  // namespace

std::string error_svg(const StudyResult& result) {
  // Mean squares over the pairs first: their number, and sums.
  struct Sums {
    double count = 0.0;
    double predicted = 0.0;
    double measured = 0.0;
    double variance = 0.0;  ///< of `measured`
  };
  std::vector<std::pair<std::string, std::string>> order;
  std::map<std::pair<std::string, std::string>, std::map<Index, Sums>> sums;
  for (const study::StudyCell& cell : result.cells) {
    const std::pair name(short_projection(cell.projection), cell.label);
    if (!sums.contains(name)) order.push_back(name);
    Sums& at = sums[name][cell.num_features];
    const double unit = cell.exact * cell.exact;
    at.count += 1.0;
    at.predicted += cell.predicted_relative_error * cell.predicted_relative_error;
    at.measured += cell.measured_relative_error * cell.measured_relative_error;
    at.variance += std::pow(cell.measured_variance_error / unit, 2);
  }
  Curves curves;
  for (const auto& name : order) {
    for (const auto& [columns, at] : sums[name]) {
      const double measured = std::sqrt(at.measured / at.count);
      // The delta method: d sqrt(u) = du / (2 sqrt(u)).
      const double error =
          measured > 0.0 ? std::sqrt(at.variance) / at.count / (2.0 * measured) : 0.0;
      curves.add(name.first, name.second, columns,
                 {std::sqrt(at.predicted / at.count), measured, error});
    }
  }
  return to_svg(curves.charts(chart_like(result, "Kernel estimate", "root mean square over pairs",
                                         result.replicates),
                              result.replicates > 0),
                kPanelsAcross);
}

std::string matrix_svg(const StudyResult& result) {
  Curves curves;
  for (const study::MatrixStudyCell& cell : result.matrix) {
    curves.add(short_projection(cell.projection), cell.label, cell.num_features,
               {cell.predicted, cell.measured, cell.measured_error});
  }
  return to_svg(curves.charts(chart_like(result, "Matrix of kernel values", result.matrix_rows,
                                         result.matrix_redraws),
                              result.matrix_redraws > 0),
                kPanelsAcross);
}

}  // namespace bochner::report
