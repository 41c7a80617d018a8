// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

namespace bochner::simd {

/// Work space of one call: 64-byte aligned, not initialised. Its members are compiled once, not for
/// each instruction set.
class Scratch {
 public:
  /// Throws std::bad_alloc.
  explicit Scratch(Index bytes);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  void* data() const noexcept;

 private:
  void* memory_;
};

}  // namespace bochner::simd
