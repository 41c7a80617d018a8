// SPDX-License-Identifier: Apache-2.0
#include "report/study_table_report.hpp"

#include "core/numbers.hpp"
#include "report/identity.hpp"
#include "report/text_table.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace bochner::report {
namespace {

constexpr int kDigits = 3;

}  // namespace

std::string table_text(const study::StudyTable& table) {
  // Maps down, places across.
  std::vector<std::string> maps;
  bool measured = false;
  std::vector<TextTable::Column> heads = {{"map"}};
  std::vector<TextTable::Column> measured_heads = {{"map"}};
  for (const study::StudyTableCell& cell : table.cells) {
    if (std::find(maps.begin(), maps.end(), cell.map) == maps.end()) maps.push_back(cell.map);
    if (cell.map != maps.front()) continue;
    heads.push_back({cell.at, cell.group});
    if (!(cell.measured_error > 0.0)) continue;
    measured = true;
    measured_heads.push_back({cell.at, cell.group});
    measured_heads.push_back({"+-", cell.group});
  }
  TextTable predictions(heads);
  TextTable beside(measured_heads);
  for (const std::string& map : maps) {
    std::vector<std::string> line = {map};
    std::vector<std::string> measured_line = {map};
    for (const study::StudyTableCell& cell : table.cells) {
      if (cell.map != map) continue;
      line.push_back(significant(cell.predicted, kDigits));
      if (!(cell.measured_error > 0.0)) continue;
      measured_line.push_back(significant(cell.measured, kDigits));
      measured_line.push_back(significant(cell.measured_error, 2));
    }
    predictions.add_row(std::move(line));
    if (measured) beside.add_row(std::move(measured_line));
  }
  return "# " + table.title + "\n" + (table.remark.empty() ? "" : "# " + table.remark + "\n") +
         "\n" + predictions.text() +
         (measured ? "\n# measured, +- one standard error\n\n" + beside.text() : "");
}

std::string table_json(const study::StudyTable& table, const Execution& execution) {
  nlohmann::ordered_json document = identity("variance", execution);
  document["table"] = table.title;
  if (!table.remark.empty()) document["remark"] = table.remark;
  document["cells"] = nlohmann::ordered_json::array();
  for (const study::StudyTableCell& cell : table.cells) {
    nlohmann::ordered_json entry = {
        {"map", cell.map}, {"group", cell.group}, {"at", cell.at}, {"predicted", cell.predicted}};
    if (cell.measured_error > 0.0) {
      entry["measured"] = cell.measured;
      entry["measured_error"] = cell.measured_error;
    }
    document["cells"].push_back(std::move(entry));
  }
  return json_text(document);
}

}  // namespace bochner::report
