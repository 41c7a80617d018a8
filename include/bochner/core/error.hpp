// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/export.hpp>

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

/// \file
/// What the library throws. A numerical outcome is a field of a report, never an exception.

namespace bochner {

/// A caller's mistake: names the function, the argument, what was expected and what was passed.
class BOCHNER_EXPORT InvalidArgument : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
  ~InvalidArgument() override;
};

/// A file that could not be read, parsed or written: names the path and, where there is one, the
/// line or the offset.
class BOCHNER_EXPORT FileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  ~FileError() override;
};

/// A long call that left because it was asked to (`Watcher::stopping`): says how far it came and
/// what is kept.
class BOCHNER_EXPORT Interrupted : public std::runtime_error {
 public:
  enum class Kept {
    state,   ///< the call can go on from where it was
    nothing  ///< it begins again
  };
  friend constexpr std::array<std::string_view, 2> names_of(Kept) { return {"state", "nothing"}; }
  Interrupted(const std::string& what, Kept kept) : std::runtime_error(what), kept_(kept) {}
  ~Interrupted() override;
  Kept kept() const noexcept { return kept_; }

 private:
  Kept kept_;
};

}  // namespace bochner
