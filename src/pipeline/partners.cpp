// SPDX-License-Identifier: Apache-2.0
#include "pipeline/partners.hpp"

#include "bochner/io/archive.hpp"

#include <cstddef>
#include <span>

namespace bochner::pipeline {

Partners::~Partners() = default;

std::string archive_text(const Archive& archive) {
  const std::vector<std::byte> bytes = io::to_bytes(archive);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Archive archive_of(const std::string& text) {
  return io::parse_archive(std::as_bytes(std::span(text)));
}

}  // namespace bochner::pipeline
