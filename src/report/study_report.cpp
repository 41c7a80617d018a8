// SPDX-License-Identifier: Apache-2.0
#include "report/study_report.hpp"

#include "bochner/version.hpp"
#include "io/message.hpp"
#include "report/identity.hpp"
#include "report/study_columns.hpp"

#include <algorithm>
#include <cmath>

namespace bochner::report {
namespace {

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
  const auto columns = result.replicates > 0 ? cell_columns() : predicted_columns();
  return out + text_table(tabulate(columns, result.cells)) + range_note(result.cells);
}

std::string study_summary(const StudyResult& result) {
  const auto columns = result.replicates > 0 ? agreement_columns() : predicted_agreement_columns();
  return heading(result) +
         "# error: root mean square over the pairs, relative, with the most frequencies; agreeing: "
         "cells whose measured variance is\n# within two of its standard errors of the predicted "
         "one\n\n" +
         text_table(tabulate(columns, agreement(result.cells))) + range_note(result.cells);
}

std::string study_json(const StudyResult& result) {
  nlohmann::ordered_json document = identity("variance", result.execution);
  document["kernel"] = to_text(result.kernel);
  document["dimension"] = result.dimension;
  document["replicates"] = result.replicates;
  document["seed"] = result.seed.value;
  if (result.input) document["pairs"] = describe(*result.input);
  document["cells"] = json_rows(
      tabulate(result.replicates > 0 ? cell_columns() : predicted_columns(), result.cells));
  if (!result.matrix.empty()) {
    const auto columns = result.matrix_redraws > 0 ? matrix_columns() : predicted_matrix_columns();
    document["matrix"] = {{"rows", result.matrix_rows},
                          {"redraws", result.matrix_redraws},
                          {"cells", json_rows(tabulate(columns, result.matrix))}};
  }
  return json_text(document);
}

std::string study_csv(const std::vector<study::StudyCell>& cells) {
  return csv(tabulate(cell_columns(), cells));
}

std::string matrix_csv(const std::vector<study::MatrixStudyCell>& cells) {
  return csv(tabulate(matrix_columns(), cells));
}

}  // namespace bochner::report
