// SPDX-License-Identifier: Apache-2.0
#include "io/svmlight_lines.hpp"

#include "bochner/core/error.hpp"
#include "io/csv_dialect.hpp"

#include <algorithm>
#include <cstddef>
#include <span>

namespace bochner::io {
namespace {

constexpr std::string_view kLineBlanks = " \t\r";
constexpr std::size_t kLongestLine = std::size_t{1} << 25;

std::string_view line_head(ByteSource& source, std::size_t least = 1) {
  const std::span<const std::byte> bytes = source.peek(least);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

SvmlightLines::SvmlightLines(ByteSource& source)
    : source_(source), line_end_(choose_line_end(line_head(source, ByteSource::kMostPeeked))) {
  if (line_head(source_).starts_with(kByteOrderMark)) source_.skip(kByteOrderMark.size());
}

bool SvmlightLines::next() {
  while (take()) {
    text_ = std::string_view(line_).substr(0, line_.find('#'));
    if (text_.find_first_not_of(kLineBlanks) != std::string_view::npos) return true;
  }
  return false;
}

void SvmlightLines::fail(const std::string& what) const {
  throw FileError(source_.name() + ": line " + std::to_string(number_) + ": " + what);
}

bool SvmlightLines::take() {
  line_.clear();
  ++number_;
  for (;;) {
    const std::string_view held = line_head(source_);
    if (held.empty()) return !line_.empty();
    const std::size_t end = held.find(line_end_);
    const std::string_view part = held.substr(0, end);
    if (line_.size() + part.size() > kLongestLine) fail("is longer than 32 MiB");
    line_ += part;
    source_.skip(part.size());
    if (end == std::string_view::npos) continue;
    source_.skip(1);
    return true;
  }
}

std::string_view take_item(std::string_view& line) {
  line.remove_prefix(std::min(line.size(), line.find_first_not_of(kLineBlanks)));
  const std::string_view item = line.substr(0, line.find_first_of(kLineBlanks));
  line.remove_prefix(item.size());
  return item;
}

}  // namespace bochner::io
