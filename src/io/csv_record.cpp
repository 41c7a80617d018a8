// SPDX-License-Identifier: Apache-2.0
#include "io/csv_record.hpp"

#include "bochner/core/error.hpp"
#include "io/message.hpp"

#include <algorithm>
#include <cstddef>

namespace bochner::io {
namespace {

/// Longer than a row of a million numbers; what is longer has lost a quote or its line ends.
constexpr std::size_t kLongestRecord = std::size_t{1} << 25;
/// Enough to see how a table is written.
constexpr std::size_t kSampleLines = 20;

std::string_view head(ByteSource& source) {
  const std::span<const std::byte> bytes = source.peek(ByteSource::kMostPeeked);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

CsvRecords::CsvRecords(ByteSource& source, Delimiter delimiter)
    : source_(source), delimiter_(delimiter) {
  if (head(source_).starts_with(kByteOrderMark)) source_.skip(kByteOrderMark.size());
  line_end_ = choose_line_end(head(source_));
  skip_remarks();
  first_waits_ = take_record();
  if (!first_waits_) return;
  const std::vector<std::string_view> lines = first_lines();
  if (delimiter_ == Delimiter::automatic) delimiter_ = choose_delimiter(lines);
  first_line_ = choose_first_line(lines, delimiter_);
}

void CsvRecords::skip_remarks() {
  for (;; ++skipped_, ++next_line_) {
    std::string_view text = head(source_);
    text.remove_prefix(std::min(text.size(), text.find_first_not_of(" \t")));
    if (text.empty()) return;
    if (text[0] != line_end_ && text[0] != '#' && !text.starts_with("\r\n")) return;
    for (std::size_t end = std::string_view::npos; end == std::string_view::npos;) {
      const std::string_view held = head(source_);
      if (held.empty()) return;
      end = held.find(line_end_);
      source_.skip(std::min(held.size(), end == std::string_view::npos ? end : end + 1));
    }
  }
}

/// The first record, and what is seen of some lines after it.
std::vector<std::string_view> CsvRecords::first_lines() {
  std::vector<std::string_view> out = {record_};
  std::string_view rest = head(source_);
  while (out.size() < kSampleLines && !rest.empty()) {
    const std::size_t end = rest.find(line_end_);
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (end == std::string_view::npos && source_.peek().size() >= ByteSource::kMostPeeked) {
      // The end of a long line is not seen: what stands after its last delimiter may be cut.
      if (out.size() > 1) break;
      line = line.substr(0, line.find_last_of(",;\t "));
    }
    if (!trimmed(line).empty()) out.push_back(line);
  }
  return out;
}

void CsvRecords::fail(const std::string& what) const {
  throw FileError(source_.name() + ": line " + std::to_string(line_) + ": " + what);
}

void CsvRecords::fail(Index column, const std::string& what, const std::string& column_name) const {
  throw FileError(source_.name() + ": line " + std::to_string(line_) + ", column " +
                  std::to_string(column + 1) +
                  (column_name.empty() ? "" : " (" + io::quoted(column_name) + ")") + ": " + what);
}

bool CsvRecords::next() {
  if (!first_waits_ && !take_record()) return false;
  first_waits_ = false;
  if (record_.find('\0') != std::string::npos) {
    fail("holds a zero byte; expected .npy, or text in UTF-8");
  }
  split();
  return true;
}

/// Collects bytes up to a line end outside quotes.
bool CsvRecords::take_record() {
  record_.clear();
  line_ = next_line_;
  bool inside_quotes = false;
  for (;;) {
    const std::span<const std::byte> bytes = source_.peek();
    if (bytes.empty()) {
      if (inside_quotes) fail("a quote is opened and never closed");
      break;
    }
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const std::size_t end = text.find(line_end_);
    const std::string_view part = text.substr(0, end);
    if (std::count(part.begin(), part.end(), '"') % 2 != 0) inside_quotes = !inside_quotes;
    if (record_.size() + part.size() > kLongestRecord) {
      fail("is longer than 32 MiB (a quote that is never closed?)");
    }
    record_ += part;
    source_.skip(part.size());
    if (end == std::string_view::npos) continue;
    source_.skip(1);
    ++next_line_;
    if (!inside_quotes) {
      if (record_.ends_with('\r')) record_.pop_back();
      return true;
    }
    record_ += '\n';
  }
  if (record_.ends_with('\r')) record_.pop_back();
  return !record_.empty();
}

bool CsvRecords::is_delimiter(char c) const {
  return c == character_of(delimiter_) || (delimiter_ == Delimiter::blanks && c == '\t');
}

void CsvRecords::split() {
  fields_.clear();
  char* at = record_.data();
  char* const end = at + record_.size();
  const auto skip_blanks = [&] {
    if (delimiter_ == Delimiter::blanks) at = std::find_if_not(at, end, is_blank);
  };
  skip_blanks();
  for (;;) {
    if (at < end && *at == '"') {
      at = unquote(at + 1, end);
    } else {
      char* const stop = delimiter_ == Delimiter::blanks
                             ? std::find_if(at, end, is_blank)
                             : std::find(at, end, character_of(delimiter_));
      if (std::find(at, stop, '"') != stop) {
        fail(static_cast<Index>(fields_.size()), "has a quote in the middle of a field");
      }
      fields_.emplace_back(at, static_cast<std::size_t>(stop - at));
      at = stop;
    }
    if (delimiter_ != Delimiter::blanks) {
      if (at == end) return;
      ++at;
      continue;
    }
    skip_blanks();
    if (at == end) return;
  }
}

/// Adds the quoted field that starts at `begin`, undoubling its quotes in place; returns where its
/// delimiter stands.
char* CsvRecords::unquote(char* begin, char* end) {
  const auto column = static_cast<Index>(fields_.size());
  char* out = begin;
  char* at = begin;
  for (; at < end; ++at) {
    if (*at == '"') {
      ++at;
      if (at == end || *at != '"') break;
    }
    *out++ = *at;
  }
  if (at < end && !is_delimiter(*at)) fail(column, "has text after a closing quote");
  fields_.emplace_back(begin, static_cast<std::size_t>(out - begin));
  return at;
}

}  // namespace bochner::io
