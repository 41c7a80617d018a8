// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bochner::io {

/// Classes by name, numbered from 0. A number is the same class however it is written: 1, 1.0 and
/// +1e0.
class ClassCodes {
 public:
  static constexpr std::size_t kMost = 1000;
  static constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();

  /// Starts with `known`, numbered in that order.
  explicit ClassCodes(std::vector<std::string> known = {}, std::size_t most = kMost);

  /// The number of the class; the next one for a name not seen before, nothing when there are
  /// `most` already.
  std::optional<Index> code(std::string_view name);
  std::span<const std::string> names() const noexcept { return names_; }

 private:
  std::size_t most_;
  std::vector<std::string> names_;
  std::map<std::string, Index, std::less<>> codes_;
};

/// The name a field gives: the shortest digits of a number, the text itself otherwise.
std::string class_name(std::string_view field);

/// Indices of `names` in the order of a report: numbers ascending, then words.
std::vector<Index> class_order(std::span<const std::string> names);

}  // namespace bochner::io
