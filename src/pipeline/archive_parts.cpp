// SPDX-License-Identifier: Apache-2.0
#include "pipeline/archive_parts.hpp"

#include <string>
#include <utility>

namespace bochner::pipeline {
namespace {

template <class Entries>
void take(const Entries& from, std::string_view prefix, Entries& to) {
  for (auto it = from.lower_bound(prefix); it != from.end() && it->first.starts_with(prefix);
       ++it) {
    to.emplace(it->first.substr(prefix.size()), it->second);
  }
}

template <class Entries>
void put(Entries& from, std::string_view prefix, Entries& to) {
  for (auto& [key, value] : from) {
    to.insert_or_assign(std::string(prefix) + key, std::move(value));
  }
}

}  // namespace

void add_part(Archive part, std::string_view prefix, Archive& whole) {
  put(part.metadata, prefix, whole.metadata);
  put(part.arrays, prefix, whole.arrays);
}

Archive part_of(const Archive& whole, std::string_view prefix) {
  Archive part;
  take(whole.metadata, prefix, part.metadata);
  take(whole.arrays, prefix, part.arrays);
  return part;
}

}  // namespace bochner::pipeline
