// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/report_directory.hpp"

#include "bochner/core/error.hpp"
#include "interface/io/message.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace bochner::cli {

ReportDirectory::ReportDirectory(const std::string& path) : path_(path) {
  if (path.empty()) throw FileError("the name of the report's directory is empty");
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) {
    if (!S_ISDIR(status.st_mode)) throw FileError(path + ": is a file, expected a directory");
    if (::access(path.c_str(), W_OK | X_OK) != 0) io::fail_system(path, "cannot write", errno);
    return;
  }
  created_ = std::make_unique<io::Temporary>(path);
  if (::mkdir(path.c_str(), 0777) == 0) return;
  const int error = errno;
  created_.reset();
  io::fail_system(path, "cannot create the directory", error);
}

ReportDirectory::~ReportDirectory() {
  files_.clear();
  if (created_) ::rmdir(path_.c_str());
}

void ReportDirectory::add(const std::string& name, std::string_view contents) {
  files_.push_back(std::make_unique<io::OutputFile>(path_ + "/" + name));
  files_.back()->write(contents);
  files_.back()->flush();
}

void ReportDirectory::commit() {
  for (const auto& file : files_) {
    file->commit();
    created_.reset();
  }
}

}  // namespace bochner::cli
