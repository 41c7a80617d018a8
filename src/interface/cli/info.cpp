// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/registry.hpp"
#include "bochner/feature_map.hpp"
#include "bochner/version.hpp"
#include "interface/cli/command.hpp"
#include "interface/cli/common_options.hpp"
#include "interface/cli/print.hpp"
#include "report/identity.hpp"
#include "simd/engine.hpp"

#include <memory>
#include <string>
#include <vector>

namespace bochner::cli {
namespace {

struct InfoArguments {
  bool json = false;
};

/// Each alternative with its options at their defaults.
template <class R>
std::vector<std::string> alternatives() {
  std::vector<std::string> out;
  for (const R& alternative : all_alternatives<R>()) out.push_back(bochner::to_text(alternative));
  return out;
}

std::vector<std::string> instruction_sets() {
  std::vector<std::string> names;
  for (const auto* table : simd::available_kernels<float>()) names.emplace_back(table->name);
  return names;
}

std::string text() {
  std::string out = "bochner " + std::string(version_string()) + "\n\n";
  const auto line = [&](std::string title, const std::vector<std::string>& values) {
    title.resize(18, ' ');
    for (const std::string& value : values) {
      out += title + value + "\n";
      title.assign(title.size(), ' ');
    }
  };
  line("instruction set", {report::instruction_set()});
  std::string sets;
  for (const std::string& name : instruction_sets()) sets += (sets.empty() ? "" : ", ") + name;
  line("this machine has", {sets});
  line("threads", {std::to_string(report::thread_count({}))});
  out += "\n";
  line("kernels", alternatives<Kernel>());
  line("projections", alternatives<Projection>());
  line("features", alternatives<FeatureFunction>());
  return out;
}

std::string json() {
  nlohmann::ordered_json document = report::identity("info", {});
  document["instruction_sets"] = instruction_sets();
  document["kernels"] = alternatives<Kernel>();
  document["projections"] = alternatives<Projection>();
  document["features"] = alternatives<FeatureFunction>();
  return report::json_text(document);
}

}  // namespace

std::function<void()> declare_info(CLI::App& app) {
  const auto arguments = std::make_shared<InfoArguments>();
  declare_json(app, arguments->json);
  app.footer(
      "Kernels, projections and features are shown with their options at the defaults.\n"
      "BOCHNER_ISA in the environment chooses a lower instruction set.");
  return [arguments] { print(arguments->json ? json() : text()); };
}

}  // namespace bochner::cli
