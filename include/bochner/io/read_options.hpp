// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/error.hpp>
#include <bochner/core/view.hpp>
#include <bochner/export.hpp>
#include <bochner/io/column_selection.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// \file
/// How to read a table. What is left to `automatic` is detected from the beginning of the file, and
/// `Table::layout` says what was found.

namespace bochner::io {

enum class Format { automatic, npy, csv, svmlight };
constexpr std::array<std::string_view, 4> names_of(Format) {
  return {"automatic", "npy", "csv", "svmlight"};
}

/// Whether the first line of a text file holds names. `automatic`: it does when none of its fields
/// is a number, and when they count the columns as pandas does (`choose_first_line`).
enum class Header { automatic, present, absent };
constexpr std::array<std::string_view, 3> names_of(Header) {
  return {"automatic", "present", "absent"};
}

/// What stands between two fields; `blanks` are any number of spaces and tabs.
enum class Delimiter { automatic, comma, semicolon, tab, blanks };
constexpr std::array<std::string_view, 5> names_of(Delimiter) {
  return {"automatic", "comma", "semicolon", "tab", "blanks"};
}

/// What stands before the fraction of a number.
enum class Decimal { point, comma };
constexpr std::array<std::string_view, 2> names_of(Decimal) { return {"point", "comma"}; }

/// What to do with NaN and infinity in a file. Fields that are empty or say NA are always refused.
enum class NonFinite { refuse, keep };
constexpr std::array<std::string_view, 2> names_of(NonFinite) { return {"refuse", "keep"}; }

/// What is expected of an array with more than two dimensions.
enum class LeadingDimensions {
  refuse,
  flatten  ///< all but the last become rows
};
constexpr std::array<std::string_view, 2> names_of(LeadingDimensions) {
  return {"refuse", "flatten"};
}

/// Whether the label of svmlight text is one of the columns, if none is chosen by name or number.
enum class Label { column, left_out };
constexpr std::array<std::string_view, 2> names_of(Label) { return {"column", "left-out"}; }

struct SvmlightOptions {
  Index first_index = 1;         ///< 1, or 0 where a file counts from 0
  std::optional<Index> width{};  ///< columns beside the label; else as the largest index says
  Index least_width = 0;         ///< where `width` does not say: at least so many
  Label label = Label::column;
};

/// A column that holds classes. Its values become their numbers, counted from 0.
struct ClassColumn {
  Index column = 0;                  ///< among those chosen
  std::vector<std::string> known{};  ///< the first numbers; further classes take the next ones
};

/// An option that says nothing about files of the format that was found: "width: is for svmlight
/// text, and x.csv is CSV, comma, header, 9 columns".
class BOCHNER_EXPORT UnusedOption : public InvalidArgument {
 public:
  using InvalidArgument::InvalidArgument;
  ~UnusedOption() override;
};

struct ReadOptions {
  ColumnSelection columns{};
  NonFinite non_finite = NonFinite::refuse;
  Header header = Header::automatic;
  LeadingDimensions leading = LeadingDimensions::refuse;
  std::optional<ClassColumn> classes{};
  /// Columns of labels, words or numbers, among those chosen: equal ones become equal numbers,
  /// 0, 1, ... in the order they appear in. Any number of them.
  std::vector<Index> groups{};
  /// Columns carried along as the text they are, beside those chosen.
  std::optional<ColumnSelection> text{};
  Format format = Format::automatic;
  Delimiter delimiter = Delimiter::automatic;
  Decimal decimal = Decimal::point;
  SvmlightOptions svmlight{};
};

}  // namespace bochner::io
