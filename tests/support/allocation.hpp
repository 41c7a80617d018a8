// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace bochner::test {

/// The most bytes that were held at once, through operator new in this test program, since the
/// object was made; not counting those held before.
class PeakAllocation {
 public:
  PeakAllocation();
  std::size_t bytes() const;

 private:
  std::size_t before_;
};

}  // namespace bochner::test
