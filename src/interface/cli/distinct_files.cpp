// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/distinct_files.hpp"

#include "interface/cli/usage_error.hpp"
#include "io/message.hpp"
#include "io/npz.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <optional>
#include <system_error>
#include <tuple>

namespace bochner::cli {
namespace {

enum class Stream { standard_input, standard_output };

/// Device and inode of a regular file; of one that is not there yet, where it would be.
using FileIdentity = std::tuple<dev_t, ino_t, std::string>;

/// Nothing for a device or a pipe, which nothing replaces, and for what the reader or the writer is
/// going to complain about.
std::optional<FileIdentity> identity_of(const std::string& name, Stream stream) {
  if (name.empty()) return std::nullopt;
  const std::string path = stream == Stream::standard_input ? io::source_file(name) : name;
  struct stat status {};
  if (path == "-") {
    const int descriptor = stream == Stream::standard_input ? STDIN_FILENO : STDOUT_FILENO;
    if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
    return FileIdentity{status.st_dev, status.st_ino, {}};
  }
  if (::stat(path.c_str(), &status) == 0) {
    if (!S_ISREG(status.st_mode)) return std::nullopt;
    return FileIdentity{status.st_dev, status.st_ino, {}};
  }
  std::error_code error;
  const std::string place = std::filesystem::weakly_canonical(path, error).string();
  if (error) return std::nullopt;
  return FileIdentity{0, 0, place};
}

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
  std::map<FileIdentity, const NamedFile*> sources;
  for (const NamedFile& file : read) {
    if (const auto id = identity_of(file.path, Stream::standard_input)) sources.emplace(*id, &file);
  }
  std::map<FileIdentity, const NamedFile*> targets;
  for (const NamedFile& file : written) {
    const auto id = identity_of(file.path, Stream::standard_output);
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
