// SPDX-License-Identifier: Apache-2.0
#include "io/csv_dialect.hpp"

#include "io/decimal.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>

namespace bochner::io {
namespace {

constexpr std::string_view kBlanks = " \t";

/// So many whole numbers in a row count columns even above other whole numbers. Rows of toy
/// matrices begin with 1, 2, 3; nothing but a header begins with 0, 1, 2 and goes on otherwise.
constexpr std::size_t kSureFromZero = 3;
constexpr std::size_t kSureFromOne = 6;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A number, with a decimal point or a decimal comma.
bool is_number(std::string_view field) {
  double ignored = 0.0;
  field = trimmed(field);
  if (parse_decimal(field, ignored) != Parsed::no_number) return true;
  if (std::count(field.begin(), field.end(), ',') != 1) return false;
  std::string with_point(field);
  std::replace(with_point.begin(), with_point.end(), ',', '.');
  return parse_decimal(with_point, ignored) != Parsed::no_number;
}

std::optional<long> whole(std::string_view field) {
  field = trimmed(field);
  long value = 0;
  const char* const end = field.data() + field.size();
  const auto [rest, error] = std::from_chars(field.data(), end, value);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return value;
}

/// Where the field that begins `line` ends.
std::size_t field_end(std::string_view line, Delimiter delimiter) {
  bool inside_quotes = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') inside_quotes = !inside_quotes;
    if (inside_quotes) continue;
    if (delimiter == Delimiter::blanks ? kBlanks.find(line[i]) != std::string_view::npos
                                       : line[i] == character_of(delimiter)) {
      return i;
    }
  }
  return line.size();
}

/// How often the delimiter stands outside quotes; commas within numbers are counted apart.
struct Counts {
  std::size_t commas = 0;
  std::size_t decimal_commas = 0;
  std::size_t semicolons = 0;
  std::size_t tabs = 0;
};

Counts count(std::string_view line) {
  Counts out;
  bool inside_quotes = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') inside_quotes = !inside_quotes;
    if (inside_quotes) continue;
    const bool between_digits =
        i > 0 && i + 1 < line.size() && is_digit(line[i - 1]) && is_digit(line[i + 1]);
    out.semicolons += static_cast<std::size_t>(line[i] == ';');
    out.tabs += static_cast<std::size_t>(line[i] == '\t');
    if (line[i] == ',') ++(between_digits ? out.decimal_commas : out.commas);
  }
  return out;
}

/// Whether blanks part the first two lines (or the only one) into as many fields, numbers among
/// them.
bool blanks_part(const std::vector<std::string_view>& lines) {
  const auto fields = sample_fields(lines.front(), Delimiter::blanks);
  const auto below = sample_fields(lines.size() > 1 ? lines[1] : lines[0], Delimiter::blanks);
  return fields.size() > 1 && below.size() == fields.size() &&
         std::any_of(below.begin(), below.end(), is_number);
}

bool several_numbers(std::string_view field) {
  const auto parts = sample_fields(field, Delimiter::blanks);
  return parts.size() > 1 && std::all_of(parts.begin(), parts.end(), is_number);
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

char choose_line_end(std::string_view head) {
  const std::size_t at = head.find('\r');
  const bool old_style = head.find('\n') == std::string_view::npos && at + 1 < head.size() &&
                         at != std::string_view::npos;
  return old_style ? '\r' : '\n';
}

std::vector<std::string_view> sample_fields(std::string_view line, Delimiter delimiter) {
  std::vector<std::string_view> out;
  if (delimiter == Delimiter::blanks) line = trimmed(line);
  for (;;) {
    const std::size_t end = field_end(line, delimiter);
    std::string_view field = trimmed(line.substr(0, end));
    if (field.size() > 1 && field.front() == '"' && field.back() == '"') {
      field = field.substr(1, field.size() - 2);
    }
    out.push_back(field);
    if (end == line.size()) return out;
    line.remove_prefix(end + 1);
    if (delimiter == Delimiter::blanks) line = trimmed(line);
  }
}

Delimiter choose_delimiter(const std::vector<std::string_view>& lines) {
  if (lines.empty()) return Delimiter::comma;
  const Counts counts = count(lines.front());
  const bool comma_parts = counts.semicolons + counts.tabs == 0 || counts.commas > 0;
  const std::size_t commas = comma_parts ? counts.commas + counts.decimal_commas : 0;
  if (commas >= std::max<std::size_t>({1, counts.semicolons, counts.tabs})) return Delimiter::comma;
  if (counts.semicolons >= std::max<std::size_t>(1, counts.tabs)) return Delimiter::semicolon;
  if (counts.tabs > 0) {
    const auto fields = sample_fields(lines.front(), Delimiter::tab);
    return std::any_of(fields.begin(), fields.end(), several_numbers) ? Delimiter::blanks
                                                                      : Delimiter::tab;
  }
  return blanks_part(lines) ? Delimiter::blanks : Delimiter::comma;
}

FirstLine choose_first_line(const std::vector<std::string_view>& lines, Delimiter delimiter) {
  if (lines.empty()) return FirstLine::data;
  std::vector<std::string_view> fields = sample_fields(lines.front(), delimiter);
  if (std::none_of(fields.begin(), fields.end(), is_number)) return FirstLine::names;
  if (fields.front().empty()) fields.erase(fields.begin());  // pandas' index has no name
  const auto first = whole(fields.front());
  if (fields.size() < 2 || lines.size() < 2 || !first || *first < 0 || *first > 1) {
    return FirstLine::data;
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (whole(fields[i]) != *first + static_cast<long>(i)) return FirstLine::data;
  }
  const auto next = sample_fields(lines[1], delimiter);
  if (whole(next.front()) == *first + static_cast<long>(fields.size())) return FirstLine::data;
  if (fields.size() >= (*first == 0 ? kSureFromZero : kSureFromOne)) {
    return FirstLine::numbers_of_columns;
  }
  bool fractions = false;
  for (std::size_t k = 1; k < lines.size(); ++k) {
    for (const std::string_view field : sample_fields(lines[k], delimiter)) {
      if (whole(field)) return FirstLine::data;
      fractions = fractions || is_number(field);
    }
  }
  return fractions ? FirstLine::numbers_of_columns : FirstLine::data;
}

char character_of(Delimiter delimiter) {
  constexpr std::string_view kCharacters = ",,;\t ";
  return kCharacters[static_cast<std::size_t>(delimiter)];
}

}  // namespace bochner::io
