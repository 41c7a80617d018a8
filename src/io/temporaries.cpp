// SPDX-License-Identifier: Apache-2.0
#include "io/temporaries.hpp"

#include "bochner/core/error.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>

namespace bochner::io {
namespace {

constexpr std::size_t kLongestPath = 4096;
constexpr std::size_t kSlots = 32;

enum class State { empty, claimed, live };

struct Slot {
  std::atomic<State> state{State::empty};
  std::array<char, kLongestPath> path{};
};
static_assert(std::atomic<State>::is_always_lock_free, "a signal handler reads it");

// Constant from the start: memory may run out while other globals are made.
constinit std::array<Slot, kSlots> slots;

}  // namespace

Temporary::Temporary(const std::string& path) {
  if (path.size() >= kLongestPath) throw FileError(path + ": is too long for a path");
  for (std::size_t i = 0; i < kSlots; ++i) {
    State expected = State::empty;
    if (!slots[i].state.compare_exchange_strong(expected, State::claimed)) continue;
    *std::copy(path.begin(), path.end(), slots[i].path.begin()) = '\0';
    slots[i].state = State::live;
    slot_ = static_cast<int>(i);
    return;
  }
  throw FileError(path + ": too many files are being written at once");
}

void Temporary::keep() noexcept {
  if (slot_ >= 0) slots[static_cast<std::size_t>(slot_)].state = State::empty;
  slot_ = -1;
}

void remove_temporaries() noexcept {
  const int error = errno;
  // Directories last: their files are on the list too.
  for (const auto remove : {::unlink, ::rmdir}) {
    for (const Slot& slot : slots) {
      if (slot.state == State::live) remove(slot.path.data());
    }
  }
  errno = error;
}

}  // namespace bochner::io
