// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/normal_equations.hpp"
#include "bochner/core/archive.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// \file
/// Processes that fit one model together.

namespace bochner::pipeline {

/// All of them make every call, in the same order.
class Partners {
 public:
  virtual ~Partners();

  virtual int rank() const = 0;
  virtual int size() const = 0;
  /// What each says, in the order of ranks.
  virtual std::vector<std::string> allgather(const std::string& said) const = 0;
  /// Runs `work`; what it throws on one rank is thrown on all, as InvalidArgument.
  virtual void together(const std::function<void()>& work) const = 0;
  /// Throws InvalidArgument on all, naming two ranks, unless all say the same.
  virtual void require_same(std::string_view name, const std::string& said) const = 0;
  /// The sums of all on rank 0, nothing elsewhere.
  virtual std::optional<NormalEquations<float>> reduce(
      const NormalEquations<float>& sums) const = 0;
  virtual std::optional<NormalEquations<double>> reduce(
      const NormalEquations<double>& sums) const = 0;
  /// Ends all, saying why: the one call that a rank makes alone, where others wait for what it
  /// cannot do.
  [[noreturn]] virtual void abandon(const char* why) const = 0;
};

/// Runs `work`; an `Error` of one rank is thrown on all, as one. Others are thrown where they are.
template <class Error, class Work>
void share_error(const Partners& partners, const Work& work) {
  std::string wrong;
  try {
    work();
  } catch (const Error& error) {
    wrong = error.what();
  }
  for (const std::string& said : partners.allgather(wrong)) {
    if (!said.empty()) throw Error(said);
  }
}

/// An archive as what can be said, and back. Throws as `io::to_bytes` and `io::parse_archive`.
std::string archive_text(const Archive& archive);
Archive archive_of(const std::string& text);

}  // namespace bochner::pipeline
