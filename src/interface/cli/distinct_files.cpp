// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/distinct_files.hpp"

#include "interface/cli/usage_error.hpp"
#include "io/file_identity.hpp"
#include "io/message.hpp"

#include <map>

namespace bochner::cli {
namespace {

std::string described(const NamedFile& file) {
  return file.option + (file.path == "-" ? "" : " " + io::quoted(file.path));
}

}  // namespace

std::vector<NamedFile> report_files(const std::string& directory,
                                    const std::vector<std::string>& names) {
  std::vector<NamedFile> out;
  if (directory.empty()) return out;
  for (const std::string& name : names) out.push_back({"--report", directory + "/" + name});
  return out;
}

void require_distinct_files(const std::vector<NamedFile>& read,
                            const std::vector<NamedFile>& written) {
  std::map<io::FileIdentity, const NamedFile*> sources;
  for (const NamedFile& file : read) {
    if (const auto id = io::identity_of(file.path, io::FileUse::read)) sources.emplace(*id, &file);
  }
  std::map<io::FileIdentity, const NamedFile*> targets;
  for (const NamedFile& file : written) {
    const auto id = io::identity_of(file.path, io::FileUse::written);
    if (!id) continue;
    if (const auto source = sources.find(*id); source != sources.end()) {
      throw UsageError(described(file) + ": is the file of " + described(*source->second) +
                       ", which it would destroy; expected another file");
    }
    if (const auto [first, added] = targets.emplace(*id, &file); !added) {
      throw UsageError(described(file) + ": is the file of " + described(*first->second) +
                       ", written as well; expected another file");
    }
  }
}

}  // namespace bochner::cli
