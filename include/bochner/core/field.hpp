// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

/// \file
/// Members that are listed once, in `fields()`: text form, hash, command line, Python and tests
/// read that list. What belongs to the caller, views and callbacks, is listed in `borrowed()`
/// instead.

namespace bochner {

/// One named member of `Owner`.
template <class Owner, class Member>
struct Field {
  std::string_view name;
  Member Owner::*member;
};

template <class Owner, class Member>
Field(const char*, Member Owner::*) -> Field<Owner, Member>;

}  // namespace bochner
