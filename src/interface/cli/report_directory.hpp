// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "interface/io/output_file.hpp"
#include "interface/io/temporaries.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bochner::cli {

/// A directory of files that appear together: all are written out and flushed to the disk before
/// the first gets its name. Abandoned, it leaves what was there before.
class ReportDirectory {
 public:
  /// Makes the directory unless it is there. Throws FileError when neither is possible.
  explicit ReportDirectory(const std::string& path);
  ReportDirectory(const ReportDirectory&) = delete;
  ReportDirectory& operator=(const ReportDirectory&) = delete;
  ~ReportDirectory();

  void add(const std::string& name, std::string_view contents);
  void commit();

 private:
  std::string path_;
  std::unique_ptr<io::Temporary> created_;
  std::vector<std::unique_ptr<io::OutputFile>> files_;
};

}  // namespace bochner::cli
