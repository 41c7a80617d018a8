// SPDX-License-Identifier: Apache-2.0
#include "report/record.hpp"

#include "core/numbers.hpp"
#include "io/matrix_writer.hpp"
#include "report/svg.hpp"
#include "report/text_table.hpp"

#include <cstddef>

namespace bochner::report {
namespace {

/// One function per kind of value.
template <class... F>
struct Cases : F... {
  using F::operator()...;
};
template <class... F>
Cases(F...) -> Cases<F...>;

template <class Number>
std::string spelled(const std::vector<double>& numbers, const Number& number) {
  std::string out;
  for (const double x : numbers) out += (out.empty() ? "" : " ") + number(x);
  return out;
}

std::string for_people(const ColumnHead& head, const Value& value) {
  const auto number = [&](double x) {
    switch (head.unit) {
      case Unit::seconds:
        return duration(x);
      case Unit::bytes:
        return significant(x / (1 << 20), head.digits) + " MiB";
      case Unit::none:
        break;
    }
    return significant(x, head.digits);
  };
  const Cases cases{[](std::monostate) -> std::string { return "-"; },
                    [](bool b) -> std::string { return b ? "yes" : "no"; },
                    [&](Index i) {
                      return head.unit == Unit::none ? std::to_string(i)
                                                     : number(static_cast<double>(i));
                    },
                    number,
                    [](const std::string& text) { return text; },
                    [&](const std::vector<double>& numbers) { return spelled(numbers, number); }};
  return std::visit(cases, static_cast<const AnyValue&>(value));
}

std::string csv_text(const Value& value) {
  const Cases cases{[](std::monostate) { return std::string(); },
                    [](bool b) -> std::string { return b ? "1" : "0"; },
                    [](Index i) { return std::to_string(i); },
                    [](double x) { return shortest(x); },
                    [](const std::string& text) { return io::csv_field(text); },
                    [](const std::vector<double>& numbers) { return spelled(numbers, shortest); }};
  return std::visit(cases, static_cast<const AnyValue&>(value));
}

nlohmann::ordered_json json_value(const Value& value) {
  const Cases cases{[](std::monostate) -> nlohmann::ordered_json { return nullptr; },
                    [](const auto& v) -> nlohmann::ordered_json { return v; }};
  return std::visit(cases, static_cast<const AnyValue&>(value));
}

std::size_t num_rows(const Table& table) { return table.front().cells.size(); }

template <class Keep>
std::vector<const FilledColumn*> kept(const Table& table, const Keep& keep) {
  std::vector<const FilledColumn*> out;
  for (const FilledColumn& column : table) {
    if (keep(column.head)) out.push_back(&column);
  }
  return out;
}

/// The columns that people see.
std::vector<const FilledColumn*> headed(const Table& table) {
  return kept(table, [](const ColumnHead& head) { return !head.heading.empty(); });
}

/// The columns of one kind of file, `other` the one that it is not.
std::vector<const FilledColumn*> keyed(const Table& table, Files other) {
  return kept(table,
              [&](const ColumnHead& head) { return !head.key.empty() && head.files != other; });
}

/// What people see of each column in row r.
std::vector<std::string> line_of(const std::vector<const FilledColumn*>& columns, std::size_t r) {
  std::vector<std::string> out;
  for (const FilledColumn* column : columns) {
    out.push_back(for_people(column->head, column->cells[r]));
  }
  return out;
}

std::string heading_cell(const std::string& text, const std::string& attributes) {
  return "<th" + attributes + ">" + xml_text(text) + "</th>";
}

/// The groups, if there are any, over the headings.
std::string html_head(const std::vector<const FilledColumn*>& columns) {
  std::string groups;
  std::string headings;
  bool any_group = false;
  for (std::size_t c = 0, end = 0; c < columns.size(); ++c) {
    const ColumnHead& head = columns[c]->head;
    headings += heading_cell(head.heading,
                             head.about.empty() ? "" : " title=\"" + xml_text(head.about) + "\"");
    if (c < end) continue;
    for (end = c + 1; end < columns.size() && columns[end]->head.group == head.group;) ++end;
    groups += heading_cell(head.group, " colspan=\"" + std::to_string(end - c) + "\"");
    any_group = any_group || !head.group.empty();
  }
  return "<thead>\n" + (any_group ? "<tr>" + groups + "</tr>\n" : "") + "<tr>" + headings +
         "</tr>\n</thead>\n";
}

}  // namespace

std::string text_table(const Table& table) {
  const std::vector<const FilledColumn*> columns = headed(table);
  std::vector<TextTable::Column> heads;
  for (const FilledColumn* column : columns) {
    heads.push_back({column->head.heading, column->head.group});
  }
  TextTable out(heads);
  for (std::size_t r = 0; r < num_rows(table); ++r) out.add_row(line_of(columns, r));
  return out.text();
}

std::string csv(const Table& table) {
  const std::vector<const FilledColumn*> columns = keyed(table, Files::json);
  std::string out;
  const auto add_line = [&](const auto& field) {
    for (std::size_t c = 0; c < columns.size(); ++c) out += (c > 0 ? "," : "") + field(*columns[c]);
    out += "\n";
  };
  add_line([](const FilledColumn& column) { return io::csv_field(column.head.key); });
  for (std::size_t r = 0; r < num_rows(table); ++r) {
    add_line([&](const FilledColumn& column) { return csv_text(column.cells[r]); });
  }
  return out;
}

nlohmann::ordered_json json_rows(const Table& table) {
  const std::vector<const FilledColumn*> columns = keyed(table, Files::csv);
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (std::size_t r = 0; r < num_rows(table); ++r) {
    nlohmann::ordered_json& row = out.emplace_back(nlohmann::ordered_json::object());
    for (const FilledColumn* column : columns) row[column->head.key] = json_value(column->cells[r]);
  }
  return out;
}

nlohmann::ordered_json json_lists(const Table& table) {
  nlohmann::ordered_json out = nlohmann::ordered_json::object();
  for (const FilledColumn* column : keyed(table, Files::csv)) {
    nlohmann::ordered_json& list = out[column->head.key] = nlohmann::ordered_json::array();
    for (const Value& value : column->cells) list.push_back(json_value(value));
  }
  return out;
}

std::string html_table(const Table& table, std::span<const std::string> classes) {
  const std::vector<const FilledColumn*> columns = headed(table);
  std::string out = "<table>\n" + html_head(columns) + "<tbody>\n";
  for (std::size_t r = 0; r < num_rows(table); ++r) {
    const bool has_class = !classes.empty() && !classes[r].empty();
    out += has_class ? "<tr class=\"" + xml_text(classes[r]) + "\">" : "<tr>";
    for (const std::string& cell : line_of(columns, r)) out += "<td>" + xml_text(cell) + "</td>";
    out += "</tr>\n";
  }
  return out + "</tbody>\n</table>\n";
}

}  // namespace bochner::report
