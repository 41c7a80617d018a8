// SPDX-License-Identifier: Apache-2.0
#include "report/study_report.hpp"

#include "bochner/version.hpp"
#include "core/numbers.hpp"
#include "io/matrix_writer.hpp"
#include "io/message.hpp"
#include "report/identity.hpp"
#include "report/text_table.hpp"

#include <algorithm>
#include <cmath>

namespace bochner::report {
namespace {

constexpr int kDigits = 3;
constexpr double kRounding = 1e-12;

/// An estimate that is exact but for rounding has no variance to compare with.
bool varies(const study::StudyCell& cell) { return cell.predicted_relative_error >= kRounding; }

std::string heading(const StudyResult& result) {
  std::string out = "# bochner " + std::string(version_string()) + " variance, instruction set " +
                    instruction_set() + ", threads " +
                    std::to_string(thread_count(result.execution)) + "\n# kernel " +
                    to_text(result.kernel) + ", dimension " + std::to_string(result.dimension) +
                    ", " + std::to_string(result.replicates) + " replicates, seed " +
                    std::to_string(result.seed.value) + "\n";
  if (result.input) {
    out += "# pairs " + io::printable(result.input->path) + ", sha256 " + result.input->digest +
           "\n# " + io::printable(result.input->path) + ": " + io::printable(result.input->layout) +
           "\n";
  }
  return out;
}

/// Empty where every number is one.
std::string range_note(const std::vector<study::StudyCell>& cells) {
  const auto count = std::count_if(cells.begin(), cells.end(), study::out_of_range);
  if (count == 0) return {};
  return "\n" + std::to_string(count) + " of " + std::to_string(cells.size()) +
         " cells leave the range of double: nothing can be measured there; the cells as CSV and "
         "JSON "
         "have the logarithm of their variance\n";
}

}  // namespace

std::string short_projection(const std::string& text) {
  const std::string bare = text.substr(0, text.find('('));
  return parse_projection(bare) == parse_projection(text) ? bare : text;
}

std::vector<StudyAgreement> agreement(const std::vector<study::StudyCell>& cells) {
  std::vector<StudyAgreement> out;
  for (const study::StudyCell& cell : cells) {
    const std::string projection = short_projection(cell.projection);
    auto found = std::find_if(out.begin(), out.end(), [&](const StudyAgreement& a) {
      return a.label == cell.label && a.projection == projection;
    });
    if (found == out.end()) {
      out.push_back({.label = cell.label, .projection = projection});
      found = out.end() - 1;
    }
    if (cell.num_features > found->num_features) {
      found->num_features = cell.num_features;
      found->predicted = found->measured = found->pairs = 0.0;
    }
    if (cell.num_features == found->num_features) {
      found->pairs += 1.0;
      found->predicted += cell.predicted_relative_error * cell.predicted_relative_error;
      found->measured += cell.measured_relative_error * cell.measured_relative_error;
    }
    if (!varies(cell) || !(cell.measured_variance_error > 0.0)) continue;
    ++found->compared;
    constexpr double kErrors = 2.0;
    if (std::abs(cell.measured_variance - cell.predicted_variance) <=
        kErrors * cell.measured_variance_error) {
      ++found->agreeing;
    }
  }
  for (StudyAgreement& a : out) {
    a.predicted = std::sqrt(a.predicted / a.pairs);
    a.measured = std::sqrt(a.measured / a.pairs);
  }
  return out;
}

std::string study_text(const StudyResult& result) {
  std::string out = heading(result);
  out +=
      "# error: root mean square error of the estimate over k(x, y); rel. variance: variance over "
      "k(x, y)^2, F times it at equal columns F; +- is one standard error\n\n";
  std::vector<TextTable::Column> columns = {
      {"features"},          {"projection"},        {"pair"}, {"m"}, {"F"}, {"F x rel. variance"},
      {"bias", "predicted"}, {"error", "predicted"}};
  if (result.replicates > 0) {
    columns.insert(columns.end(), {{"bias", "measured"},
                                   {"+-", "measured"},
                                   {"error", "measured"},
                                   {"variance ratio", "measured / predicted"},
                                   {"+-", "measured / predicted"}});
  }
  TextTable table(columns);
  for (const study::StudyCell& cell : result.cells) {
    const auto ratio = [&](double measured, int digits) {
      return varies(cell) ? significant(measured / cell.predicted_variance, digits)
                          : std::string("-");
    };
    std::vector<std::string> row = {
        cell.label,
        short_projection(cell.projection),
        cell.pair,
        std::to_string(cell.num_frequencies),
        std::to_string(cell.num_features),
        significant(static_cast<double>(cell.num_features) * cell.predicted_relative_variance(),
                    kDigits),
        significant(cell.predicted_bias / cell.exact, kDigits),
        significant(cell.predicted_relative_error, kDigits)};
    if (result.replicates > 0) {
      row.insert(row.end(),
                 {significant(cell.measured_bias / cell.exact, kDigits),
                  significant(cell.measured_bias_error / cell.exact, 2),
                  significant(cell.measured_relative_error, kDigits),
                  ratio(cell.measured_variance, kDigits), ratio(cell.measured_variance_error, 2)});
    }
    table.add_row(std::move(row));
  }
  return out + table.text() + range_note(result.cells);
}

std::string study_summary(const StudyResult& result) {
  std::string out = heading(result) +
                    "# error: root mean square over the pairs, relative, with the most "
                    "frequencies; agreeing: cells whose measured variance is\n# within two of its "
                    "standard errors of the predicted one\n\n";
  std::vector<TextTable::Column> columns = {
      {"features"}, {"projection"}, {"F"}, {"predicted", "error"}};
  if (result.replicates > 0) {
    columns.insert(columns.end(), {{"measured", "error"}, {"agreeing", "cells"}, {"of", "cells"}});
  }
  TextTable table(columns);
  for (const StudyAgreement& a : agreement(result.cells)) {
    std::vector<std::string> row = {a.label, a.projection, std::to_string(a.num_features),
                                    significant(a.predicted, kDigits)};
    if (result.replicates > 0) {
      row.insert(row.end(), {significant(a.measured, kDigits), std::to_string(a.agreeing),
                             std::to_string(a.compared)});
    }
    table.add_row(std::move(row));
  }
  return out + table.text() + range_note(result.cells);
}

std::string study_json(const StudyResult& result) {
  nlohmann::ordered_json document = identity("variance", result.execution);
  document["kernel"] = to_text(result.kernel);
  document["dimension"] = result.dimension;
  document["replicates"] = result.replicates;
  document["seed"] = result.seed.value;
  if (result.input) document["pairs"] = describe(*result.input);
  document["cells"] = nlohmann::ordered_json::array();
  for (const study::StudyCell& cell : result.cells) {
    nlohmann::ordered_json entry = {{"features", cell.features},
                                    {"projection", cell.projection},
                                    {"pair", cell.pair},
                                    {"num_frequencies", cell.num_frequencies},
                                    {"num_features", cell.num_features},
                                    {"exact", cell.exact},
                                    {"predicted_bias", cell.predicted_bias},
                                    {"predicted_variance", cell.predicted_variance},
                                    {"predicted_log_variance", cell.predicted_log_variance},
                                    {"predicted_relative_error", cell.predicted_relative_error}};
    if (result.replicates > 0) {
      entry.update({{"measured_bias", cell.measured_bias},
                    {"measured_bias_error", cell.measured_bias_error},
                    {"measured_variance", cell.measured_variance},
                    {"measured_variance_error", cell.measured_variance_error},
                    {"measured_relative_error", cell.measured_relative_error}});
    }
    document["cells"].push_back(std::move(entry));
  }
  if (!result.matrix.empty()) {
    document["matrix"] = {{"rows", result.matrix_rows},
                          {"redraws", result.matrix_redraws},
                          {"cells", nlohmann::ordered_json::array()}};
    for (const study::MatrixStudyCell& cell : result.matrix) {
      nlohmann::ordered_json entry = {{"features", cell.features},
                                      {"projection", cell.projection},
                                      {"num_frequencies", cell.num_frequencies},
                                      {"num_features", cell.num_features},
                                      {"predicted", cell.predicted}};
      if (result.matrix_redraws > 0) {
        entry["measured"] = cell.measured;
        entry["measured_error"] = cell.measured_error;
      }
      document["matrix"]["cells"].push_back(std::move(entry));
    }
  }
  return json_text(document);
}

std::string study_csv(const std::vector<study::StudyCell>& cells) {
  std::string out =
      "features,projection,pair,num_frequencies,num_features,exact,predicted_bias,"
      "predicted_variance,predicted_log_variance,predicted_relative_error,replicates,measured_bias,"
      "measured_bias_error,"
      "measured_variance,measured_variance_error,measured_relative_error\n";
  for (const study::StudyCell& cell : cells) {
    out += io::csv_field(cell.features) + "," + io::csv_field(cell.projection) + "," +
           io::csv_field(cell.pair) + "," + std::to_string(cell.num_frequencies) + "," +
           std::to_string(cell.num_features) + "," + shortest(cell.exact) + "," +
           shortest(cell.predicted_bias) + "," + shortest(cell.predicted_variance) + "," +
           shortest(cell.predicted_log_variance) + "," + shortest(cell.predicted_relative_error) +
           "," + std::to_string(cell.replicates);
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

std::string matrix_csv(const std::vector<study::MatrixStudyCell>& cells) {
  std::string out =
      "features,projection,num_frequencies,num_features,predicted,measured,measured_error\n";
  for (const study::MatrixStudyCell& cell : cells) {
    out += io::csv_field(cell.features) + "," + io::csv_field(cell.projection) + "," +
           std::to_string(cell.num_frequencies) + "," + std::to_string(cell.num_features) + "," +
           shortest(cell.predicted) + ",";
    if (cell.measured > 0.0) out += shortest(cell.measured);
    out += ",";
    if (cell.measured > 0.0) out += shortest(cell.measured_error);
    out += "\n";
  }
  return out;
}

}  // namespace bochner::report
