// SPDX-License-Identifier: Apache-2.0
#include "io/rereadable.hpp"

#include "io/nameless_file.hpp"
#include "io/npz.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace bochner::io {
namespace {

constexpr std::size_t kCopyBytes = std::size_t{1} << 20;

}  // namespace

std::unique_ptr<ByteSource> open_rereadable(const std::string& path) {
  return rereadable(open_source(path));
}

std::unique_ptr<ByteSource> rereadable(std::unique_ptr<ByteSource> source) {
  if (source->size()) return source;
  NamelessFile copy(source->name());
  std::vector<std::byte> chunk(kCopyBytes);
  for (std::size_t got = chunk.size(); got == chunk.size();) {
    got = source->read(chunk);
    copy.write(std::span(chunk).first(got));
  }
  return copy.release();
}

}  // namespace bochner::io
