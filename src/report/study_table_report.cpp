// SPDX-License-Identifier: Apache-2.0
#include "report/study_table_report.hpp"

#include "report/identity.hpp"
#include "report/record.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace bochner::report {
namespace {

using Cell = study::StudyTableCell;

auto if_measured(double Cell::*number) {
  return [number](const Cell& cell) { return cell.measured_error > 0.0 ? cell.*number : Value(); };
}

Columns<Cell> cell_columns() {
  return {{{.key = "map"}, &Cell::map},
          {{.key = "group"}, &Cell::group},
          {{.key = "at"}, &Cell::at},
          {{.key = "predicted"}, &Cell::predicted},
          {{.key = "measured"}, if_measured(&Cell::measured)},
          {{.key = "measured_error", .heading = "+-", .digits = 2},
           if_measured(&Cell::measured_error)}};
}

/// The cells of each place, all of them in the order of the maps.
std::vector<std::vector<Cell>> by_place(const study::StudyTable& table) {
  std::vector<std::vector<Cell>> out;
  for (const Cell& cell : table.cells) {
    auto place = std::find_if(out.begin(), out.end(), [&](const std::vector<Cell>& cells) {
      return cells.front().group == cell.group && cells.front().at == cell.at;
    });
    if (place == out.end()) place = out.emplace(place);
    place->push_back(cell);
  }
  return out;
}

}  // namespace

std::string table_text(const study::StudyTable& table) {
  // Maps down, places across.
  Table predicted;
  Table measured;
  for (const std::vector<Cell>& place : by_place(table)) {
    if (predicted.empty())
      predicted = measured = tabulate<Cell>({{{.heading = "map"}, &Cell::map}}, place);
    for (FilledColumn& column : tabulate(cell_columns(), place)) {
      const std::string& key = column.head.key;
      if (key == "map" || key == "group" || key == "at" ||
          std::all_of(column.cells.begin(), column.cells.end(),
                      [](const Value& cell) { return cell.is_nothing(); })) {
        continue;
      }
      column.head.group = place.front().group;
      if (column.head.heading.empty()) column.head.heading = place.front().at;
      (key == "predicted" ? predicted : measured).push_back(std::move(column));
    }
  }
  return "# " + table.title + "\n" + (table.remark.empty() ? "" : "# " + table.remark + "\n") +
         "\n" + text_table(predicted) +
         (measured.size() == 1 ? ""
                               : "\n# measured, +- one standard error\n\n" + text_table(measured));
}

std::string table_json(const study::StudyTable& table, const Execution& execution) {
  nlohmann::ordered_json document = identity("variance", execution);
  document["table"] = table.title;
  if (!table.remark.empty()) document["remark"] = table.remark;
  document["cells"] = json_rows(tabulate(cell_columns(), table.cells));
  for (nlohmann::ordered_json& cell : document["cells"]) {
    if (!cell["measured_error"].is_null()) continue;
    cell.erase("measured");
    cell.erase("measured_error");
  }
  return json_text(document);
}

}  // namespace bochner::report
