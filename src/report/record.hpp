// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

/// \file
/// The columns of a record, described once, and the forms in which a list of records appears: a
/// table for the terminal, CSV, JSON, a table of a page.

namespace bochner::report {

using AnyValue =
    std::variant<std::monostate, bool, Index, double, std::string, std::vector<double>>;

/// The content of a cell. Nothing is "-" to people, an empty field of CSV and null in JSON.
struct Value : AnyValue {
  using AnyValue::AnyValue;
  template <class T>
  Value(const std::optional<T>& value) {
    if (value) *this = Value(*value);
  }
  bool is_nothing() const noexcept { return index() == 0; }
};

/// What people are shown a number in.
enum class Unit { none, seconds, bytes };

/// The files that have a column.
enum class Files { csv_and_json, csv, json };

/// What a column is called, and how it looks.
struct ColumnHead {
  std::string key{};  ///< in CSV and JSON; empty: in neither
  Files files = Files::csv_and_json;
  std::string heading{};  ///< in the terminal and on a page; empty: in neither
  std::string group{};    ///< over the headings of neighbours
  int digits = 3;         ///< significant ones, of a number for people; files have them all
  Unit unit = Unit::none;
  std::string about{};  ///< in one line; a page shows it where one points at the heading
};

/// In both files and to people under one name.
inline ColumnHead both(const std::string& name, int digits = 3) {
  return {.key = name, .heading = name, .digits = digits};
}
inline ColumnHead csv_only(std::string key) { return {.key = std::move(key), .files = Files::csv}; }
inline ColumnHead json_only(std::string key) {
  return {.key = std::move(key), .files = Files::json};
}

template <class Record>
struct Column {
  ColumnHead head;
  std::function<Value(const Record&)> value;
};

template <class Record>
using Columns = std::vector<Column<Record>>;

/// `columns`, then `more`.
template <class Record>
Columns<Record> joined(Columns<Record> columns, const Columns<Record>& more) {
  columns.insert(columns.end(), more.begin(), more.end());
  return columns;
}

/// A column with one cell per record.
struct FilledColumn {
  ColumnHead head;
  std::vector<Value> cells;
};

/// Columns of equal length, at least one.
using Table = std::vector<FilledColumn>;

template <class Record>
Table tabulate(const Columns<Record>& columns,
               std::type_identity_t<std::span<const Record>> records) {
  Table out;
  for (const Column<Record>& column : columns) {
    std::vector<Value>& cells = out.emplace_back(FilledColumn{column.head, {}}).cells;
    for (const Record& record : records) cells.push_back(column.value(record));
  }
  return out;
}

/// The columns with a heading, aligned (see TextTable).
std::string text_table(const Table& table);

/// A line of keys, then one line per record. Numbers read back to the same bits, a list is its
/// numbers with blanks between them, what is true is 1.
std::string csv(const Table& table);

/// An array of one object per record.
nlohmann::ordered_json json_rows(const Table& table);

/// An object of one array per column.
nlohmann::ordered_json json_lists(const Table& table);

/// The columns with a heading as a `<table>`; each row of the class in `classes` that is its own,
/// where that is not empty.
std::string html_table(const Table& table, std::span<const std::string> classes = {});

}  // namespace bochner::report
