// SPDX-License-Identifier: Apache-2.0
#include "kernel/shorthand.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace bochner {

bool read_shorthand(const text::Value& from, Kernel& into) {
  constexpr std::array<std::pair<std::string_view, double>, 3> kMatern{
      {{"matern12", 0.5}, {"matern32", 1.5}, {"matern52", 2.5}}};
  for (const auto& [name, nu] : kMatern) {
    if (from.word != name) continue;
    MaternKernel kernel{.nu = nu, .metric = {}};
    for (const text::Member& member : from.members) {
      if (member.name != "metric") {
        text::fail(member.value, from.word + " has no option '" + member.name + "'; it has metric");
      }
    }
    text::read_fields(from, kernel);
    into = std::move(kernel);
    return true;
  }
  return false;
}

}  // namespace bochner
