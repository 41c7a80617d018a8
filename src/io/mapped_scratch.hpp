// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

/// \file
/// Room for more numbers than fit into memory.

namespace bochner::io {

/// `bytes` of zeros in a temporary file in the directory of `beside`, mapped. The file has no name,
/// so that nothing is left of it whatever happens. Throws FileError when the directory cannot be
/// written or the disk has no room for all of it.
class MappedScratch {
 public:
  MappedScratch(const std::string& beside, std::size_t bytes);
  MappedScratch(const MappedScratch&) = delete;
  MappedScratch& operator=(const MappedScratch&) = delete;
  ~MappedScratch();

  void* data() const noexcept { return data_; }

 private:
  void* data_ = nullptr;
  std::size_t bytes_;
};

}  // namespace bochner::io
