// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/archive.hpp"

#include <array>
#include <optional>
#include <string>

namespace bochner::io {

/// The saved state of a long job, in two files that are written in turn, each whole or not at all
/// and with a checksum: whenever the job dies, the newer whole one is a state it was in.
class Checkpoint {
 public:
  /// In `stem`.checkpoint0 and `stem`.checkpoint1. `run` says which job: another's state is
  /// refused.
  Checkpoint(std::string stem, std::string run);

  bool exists() const;
  /// The newest whole state, or nothing when there is no file. Throws FileError when it belongs to
  /// another run, or when there are files and all are damaged.
  std::optional<Archive> load();
  /// Throws FileError; the states saved before are then as they were.
  void save(Archive state);
  void remove() const noexcept;
  /// What to call it in messages.
  std::string name() const { return slots_.front() + "/1"; }

 private:
  static constexpr Index kSlots = 2;

  const std::string& slot(Index which) const;

  std::array<std::string, kSlots> slots_;  ///< made at once: their removal takes no memory
  std::string run_;
  Index generation_ = 0;
};

}  // namespace bochner::io
