// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"
#include "io/byte_source.hpp"

#include <string>
#include <string_view>

namespace bochner::io {

/// The lines of svmlight text without their comments, blank ones left out.
class SvmlightLines {
 public:
  /// `source` must outlive the lines.
  explicit SvmlightLines(ByteSource& source);

  /// Takes the next line; false at the end.
  bool next();
  /// Valid until `next`.
  std::string_view text() const noexcept { return text_; }
  /// Its number, counted from 1, blank lines and comments included.
  Index number() const noexcept { return number_; }

  /// Throws FileError "file: line 7: what".
  [[noreturn]] void fail(const std::string& what) const;

 private:
  bool take();

  ByteSource& source_;
  char line_end_;
  std::string line_;
  std::string_view text_;
  Index number_ = 0;
};

/// Takes the next item off a line; empty at its end.
std::string_view take_item(std::string_view& line);

}  // namespace bochner::io
