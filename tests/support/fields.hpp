// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/field.hpp"
#include "bochner/random/stream.hpp"
#include "core/text.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

/// \file
/// Whether lists of members are whole: every member of the struct is in `fields()` or `borrowed()`,
/// once, under a name of its own, and what has a text reads back from it.

namespace bochner {

/// Stands for a member of whatever type.
struct AnyMember {
  template <class M>
  operator M() const;  // NOLINT(google-explicit-constructor)
};

/// How many members an aggregate has: how many initialisers it takes.
template <class Record, class... Members>
constexpr std::size_t num_members() {
  if constexpr (requires { Record{Members{}..., AnyMember{}}; }) {
    return num_members<Record, Members..., AnyMember>();
  } else {
    return sizeof...(Members);
  }
}

template <class Record>
constexpr auto listed_members() {
  if constexpr (requires { Record::borrowed(); }) {
    return std::tuple_cat(Record::fields(), Record::borrowed());
  } else {
    return Record::fields();
  }
}

/// Numbers, words, lists and kernels.
template <class M>
void require_read_back(const M& member) {
  if constexpr (std::same_as<M, Seed>) {
    require_read_back(member.value);
  } else if constexpr (requires { M::fields(); } && !text::Named<M>) {
    std::apply([&](const auto&... field) { (require_read_back(member.*field.member), ...); },
               M::fields());
  } else {
    const std::string written = text::write(member);
    M read = {};
    text::read(text::parse_value(written), read);
    INFO(written);
    CHECK(read == member);
  }
}

/// The members' names and places in one object.
template <class Record>
void require_whole() {
  const Record record{};
  std::vector<std::string> names;
  std::vector<const void*> places;
  std::apply(
      [&](const auto&... field) {
        (names.emplace_back(field.name), ...);
        (places.push_back(&(record.*field.member)), ...);
      },
      listed_members<Record>());
  INFO(text::join(names));
  CHECK(names.size() == num_members<Record>());
  CHECK(std::is_sorted(places.begin(),
                       places.begin() + std::tuple_size_v<decltype(Record::fields())>));
  std::sort(places.begin(), places.end());
  CHECK(std::adjacent_find(places.begin(), places.end()) == places.end());
  std::sort(names.begin(), names.end());
  CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
  CHECK(names.front() != "");
}

/// The same of options, whose defaults have texts.
template <class Options>
void require_whole_options() {
  require_whole<Options>();
  require_read_back(Options{});
}

}  // namespace bochner
