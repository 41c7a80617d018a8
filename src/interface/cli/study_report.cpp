// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/study_report.hpp"

#include "bochner/version.hpp"
#include "interface/cli/chart.hpp"
#include "interface/cli/identity.hpp"
#include "interface/cli/numbers.hpp"
#include "interface/cli/text_table.hpp"
#include "interface/io/matrix_writer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace bochner::cli {
namespace {

constexpr int kDigits = 3;
constexpr double kRounding = 1e-12;

/// "hyperbolic-oprf" of "hyperbolic-oprf(a=-0.01)"
std::string bare(const std::string& text) { return text.substr(0, text.find('(')); }

}  // namespace

std::string short_angle(double radians) { return significant(radians, kDigits); }

std::string study_text(const StudySettings& settings, const std::vector<StudyCell>& cells) {
  std::string out = "# bochner " + std::string(version_string()) + " variance, instruction set " +
                    instruction_set() + ", threads " +
                    std::to_string(thread_count(settings.execution)) + "\n# kernel " +
                    to_text(settings.kernel) + ", dimension " + std::to_string(settings.dimension) +
                    ", " + std::to_string(settings.replicates) + " replicates, seed " +
                    std::to_string(settings.seed.value) + "\n";
  if (settings.input) {
    out += "# pairs " + settings.input->path + ", sha256 " + settings.input->digest + "\n";
  }
  out +=
      "# error: root mean square error of the estimate over k(x, y); rel. variance: variance over "
      "k(x, y)^2, F times it at equal columns F; +- is one standard error\n\n";
  std::vector<TextTable::Column> columns = {
      {"features"},          {"projection"},        {"pair"}, {"m"}, {"F"}, {"F x rel. variance"},
      {"bias", "predicted"}, {"error", "predicted"}};
  if (settings.replicates > 0) {
    columns.insert(columns.end(), {{"bias", "measured"},
                                   {"+-", "measured"},
                                   {"error", "measured"},
                                   {"variance ratio", "measured / predicted"},
                                   {"+-", "measured / predicted"}});
  }
  TextTable table(columns);
  for (const StudyCell& cell : cells) {
    const double square = cell.exact * cell.exact;
    // An estimate that is exact but for rounding has no variance to compare with.
    const auto ratio = [&](double measured, int digits) {
      return cell.predicted_relative_error < kRounding
                 ? std::string("-")
                 : significant(measured / cell.predicted_variance, digits);
    };
    std::vector<std::string> row = {
        bare(cell.features),
        cell.projection,
        cell.pair,
        std::to_string(cell.num_frequencies),
        std::to_string(cell.num_features),
        significant(static_cast<double>(cell.num_features) * cell.predicted_variance / square,
                    kDigits),
        significant(cell.predicted_bias / cell.exact, kDigits),
        significant(cell.predicted_relative_error, kDigits)};
    if (settings.replicates > 0) {
      row.insert(row.end(),
                 {significant(cell.measured_bias / cell.exact, kDigits),
                  significant(cell.measured_bias_error / cell.exact, 2),
                  significant(cell.measured_relative_error, kDigits),
                  ratio(cell.measured_variance, kDigits), ratio(cell.measured_variance_error, 2)});
    }
    table.add_row(std::move(row));
  }
  return out + table.text();
}

std::string study_json(const StudySettings& settings, const std::vector<StudyCell>& cells) {
  nlohmann::ordered_json document = identity("variance", settings.execution);
  document["kernel"] = to_text(settings.kernel);
  document["dimension"] = settings.dimension;
  document["replicates"] = settings.replicates;
  document["seed"] = settings.seed.value;
  if (settings.input) document["pairs"] = describe(*settings.input);
  document["cells"] = nlohmann::ordered_json::array();
  for (const StudyCell& cell : cells) {
    nlohmann::ordered_json entry = {{"features", cell.features},
                                    {"projection", cell.projection},
                                    {"pair", cell.pair},
                                    {"num_frequencies", cell.num_frequencies},
                                    {"num_features", cell.num_features},
                                    {"exact", cell.exact},
                                    {"predicted_bias", cell.predicted_bias},
                                    {"predicted_variance", cell.predicted_variance},
                                    {"predicted_relative_error", cell.predicted_relative_error}};
    if (settings.replicates > 0) {
      entry.update({{"measured_bias", cell.measured_bias},
                    {"measured_bias_error", cell.measured_bias_error},
                    {"measured_variance", cell.measured_variance},
                    {"measured_variance_error", cell.measured_variance_error},
                    {"measured_relative_error", cell.measured_relative_error}});
    }
    document["cells"].push_back(std::move(entry));
  }
  return to_text(document);
}

std::string study_csv(const std::vector<StudyCell>& cells) {
  std::string out =
      "features,projection,pair,num_frequencies,num_features,exact,predicted_bias,"
      "predicted_variance,predicted_relative_error,replicates,measured_bias,measured_bias_error,"
      "measured_variance,measured_variance_error,measured_relative_error\n";
  for (const StudyCell& cell : cells) {
    out += io::csv_field(cell.features) + "," + io::csv_field(cell.projection) + "," +
           io::csv_field(cell.pair) + "," + std::to_string(cell.num_frequencies) + "," +
           std::to_string(cell.num_features) + "," + shortest(cell.exact) + "," +
           shortest(cell.predicted_bias) + "," + shortest(cell.predicted_variance) + "," +
           shortest(cell.predicted_relative_error) + "," + std::to_string(cell.replicates);
    if (cell.replicates == 0) {
      out += ",,,,,\n";
      continue;
    }
    out += "," + shortest(cell.measured_bias) + "," + shortest(cell.measured_bias_error) + "," +
           shortest(cell.measured_variance) + "," + shortest(cell.measured_variance_error) + "," +
           shortest(cell.measured_relative_error) + "\n";
  }
  return out;
}

std::string study_svg(const StudySettings& settings, const std::vector<StudyCell>& cells) {
  constexpr std::array kMarkers = {Marker::circle, Marker::square, Marker::triangle,
                                   Marker::diamond};
  struct Sums {
    double predicted = 0.0;
    double measured = 0.0;
    double count = 0.0;
  };
  // One curve a map, in the order of the cells; one point a number of columns.
  std::vector<std::string> names;
  std::map<std::string, std::map<Index, Sums>> curves;
  for (const StudyCell& cell : cells) {
    const std::string name = bare(cell.features) + ", " + cell.projection;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    Sums& sums = curves[name][cell.num_features];
    sums.predicted += cell.predicted_relative_error * cell.predicted_relative_error;
    sums.measured += cell.measured_relative_error * cell.measured_relative_error;
    sums.count += 1.0;
  }
  Chart chart;
  chart.title = "Relative error of the kernel estimate";
  chart.subtitle =
      to_text(settings.kernel) + ", dimension " + std::to_string(settings.dimension) +
      ", root mean square over the pairs" +
      (settings.replicates > 0 ? "; points: " + std::to_string(settings.replicates) + " replicates"
                               : std::string());
  chart.x_label = "columns of phi";
  chart.y_label = "relative error";
  chart.x_scale = Scale::log2;
  chart.y_scale = Scale::log10;
  for (std::size_t c = 0; c < names.size(); ++c) {
    const int colour = static_cast<int>(c);
    Series predicted{names[c], colour, Line::solid, Marker::none, {}};
    Series measured{"", colour, Line::none, kMarkers[c % kMarkers.size()], {}};
    for (const auto& [columns, sums] : curves[names[c]]) {
      const auto x = static_cast<double>(columns);
      predicted.points.push_back({x, std::sqrt(sums.predicted / sums.count)});
      if (settings.replicates > 0) {
        measured.points.push_back({x, std::sqrt(sums.measured / sums.count)});
      }
    }
    chart.series.push_back(std::move(predicted));
    chart.series.push_back(std::move(measured));
  }
  return to_svg(chart);
}

}  // namespace bochner::cli
