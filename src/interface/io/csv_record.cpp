// SPDX-License-Identifier: Apache-2.0
#include "interface/io/csv_record.hpp"

#include "bochner/core/error.hpp"
#include "interface/io/message.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace bochner::io {
namespace {

/// Longer than a row of a million numbers; what is longer has lost a quote or its line ends.
constexpr std::size_t kLongestRecord = std::size_t{1} << 25;

}  // namespace

CsvRecords::CsvRecords(ByteSource& source) : source_(source) {
  constexpr std::array kMark = {std::byte{0xEF}, std::byte{0xBB}, std::byte{0xBF}};
  const std::span<const std::byte> head = source_.peek(kMark.size());
  if (std::equal(head.begin(),
                 head.begin() + static_cast<std::ptrdiff_t>(std::min(head.size(), kMark.size())),
                 kMark.begin(), kMark.end())) {
    source_.skip(kMark.size());
  }
}

void CsvRecords::fail(const std::string& what) const {
  throw FileError(source_.name() + ": line " + std::to_string(line_) + ": " + what);
}

void CsvRecords::fail(Index column, const std::string& what, const std::string& column_name) const {
  throw FileError(source_.name() + ": line " + std::to_string(line_) + ", column " +
                  std::to_string(column + 1) +
                  (column_name.empty() ? "" : " (" + quoted(column_name) + ")") + ": " + what);
}

bool CsvRecords::next() {
  if (!take_record()) return false;
  if (record_.find('\0') != std::string::npos) {
    fail("holds a zero byte; expected .npy, or text in UTF-8");
  }
  if (delimiter_ == '\0') choose_delimiter();
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
    const std::size_t end = text.find('\n');
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

void CsvRecords::choose_delimiter() {
  constexpr std::string_view kCandidates = ",;\t";
  std::array<std::ptrdiff_t, kCandidates.size()> counts{};
  bool inside_quotes = false;
  for (const char c : record_) {
    if (c == '"') inside_quotes = !inside_quotes;
    const std::size_t candidate = kCandidates.find(c);
    if (!inside_quotes && candidate != std::string_view::npos) ++counts[candidate];
  }
  delimiter_ = kCandidates[static_cast<std::size_t>(std::max_element(counts.begin(), counts.end()) -
                                                    counts.begin())];
}

void CsvRecords::split() {
  fields_.clear();
  char* at = record_.data();
  char* const end = at + record_.size();
  for (;;) {
    if (at < end && *at == '"') {
      at = unquote(at + 1, end);
    } else {
      char* const stop = std::find(at, end, delimiter_);
      if (std::find(at, stop, '"') != stop) {
        fail(static_cast<Index>(fields_.size()), "has a quote in the middle of a field");
      }
      fields_.emplace_back(at, static_cast<std::size_t>(stop - at));
      at = stop;
    }
    if (at == end) return;
    ++at;
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
  if (at < end && *at != delimiter_) fail(column, "has text after a closing quote");
  fields_.emplace_back(begin, static_cast<std::size_t>(out - begin));
  return at;
}

}  // namespace bochner::io
