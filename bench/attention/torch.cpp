// SPDX-License-Identifier: Apache-2.0
#include "bench/attention/torch.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace bochner::bench {
namespace {

struct Close {
  void operator()(std::FILE* file) const { pclose(file); }
};

/// The first line that the script prints under the Python at hand or, where that one has no
/// PyTorch, Debian's.
std::string run(const std::string& arguments) {
  for (const std::string python : {"python3 ", "/usr/bin/python3 "}) {
    const std::string command = python + BOCHNER_TORCH_SCRIPT " " + arguments + " 2>/dev/null";
    const std::unique_ptr<std::FILE, Close> pipe(popen(command.c_str(), "r"));
    std::array<char, 128> line{};
    if (!pipe || !std::fgets(line.data(), line.size(), pipe.get())) continue;
    std::string text = line.data();
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  }
  return {};
}

}  // namespace

std::optional<std::string> torch_version() {
  std::string version = run("version");
  if (version.empty()) return std::nullopt;
  return version;
}

double torch_seconds(const std::string& what, Index heads, Index length, Index num_frequencies) {
  return std::atof(run(what + " " + std::to_string(heads) + " " + std::to_string(length) + " " +
                       std::to_string(num_frequencies))
                       .c_str());
}

}  // namespace bochner::bench
