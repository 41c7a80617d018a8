// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

/// \file
/// Options that name themselves. An alternative of a spec lists its members once; text form, hash,
/// command line and tests read that list.

namespace bochner {

/// One named option of `Owner`.
template <class Owner, class Member>
struct Field {
  std::string_view name;
  Member Owner::*member;
};

template <class Owner, class Member>
Field(const char*, Member Owner::*) -> Field<Owner, Member>;

}  // namespace bochner
