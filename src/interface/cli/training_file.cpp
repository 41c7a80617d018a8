// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/training_file.hpp"

#include "bochner/core/error.hpp"
#include "interface/cli/column_moments.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/uniform_sample.hpp"
#include "interface/io/class_codes.hpp"
#include "interface/io/message.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <span>

namespace bochner::cli {
namespace {

constexpr Index kSampleRows = 65536;
constexpr Index kSampleBytes = Index{1} << 26;

/// Rows to sample, so that they fit.
Index sample_rows(Index cols) {
  return std::clamp<Index>(kSampleBytes / (cols * static_cast<Index>(sizeof(double))), 2,
                           kSampleRows);
}

/// Names go into a model's header, which is JSON and so UTF-8.
void require_utf8(const std::string& path, const char* what,
                  const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    try {
      static_cast<void>(nlohmann::json(name).dump());
    } catch (const nlohmann::json::type_error&) {
      throw FileError(path + ": the name of the " + what + " " + io::quoted(name) +
                      " is not UTF-8, as a model's file has it");
    }
  }
}

}  // namespace

TrainingFile::TrainingFile(const InputOptions& options, const std::string& targets,
                           const std::string& groups)
    : path_(options.path), reading_(read_options(options)) {
  if (path_ == "-") {
    throw FileError(
        "standard input: can be read only once, and fitting reads its data twice; "
        "expected a file");
  }
  io::ReadOptions everything = reading_;
  everything.columns = {};
  const auto whole = io::open_rows(path_, everything);
  require_used(options.reading, *whole);
  const auto entries = [&](const io::ColumnSelection& selection) {
    std::vector<std::string> out;
    for (const Index column : io::resolve(selection, whole->columns(), path_)) {
      out.push_back(whole->columns().name_or_number(column));
    }
    return out;
  };
  targets_ = entries({parse_list("--target", targets), {}});
  io::ColumnSelection chosen = reading_.columns;
  for (const std::string& target : targets_) {
    if (chosen.keep.empty()) {
      chosen.drop.push_back(target);
      continue;
    }
    const auto kept = entries(chosen);
    if (std::find(kept.begin(), kept.end(), target) != kept.end()) {
      throw FileError(path_ + ": the target " + io::quoted(target) + " is among the inputs");
    }
  }
  inputs_ = entries(chosen);
  columns_ = inputs_;
  columns_.insert(columns_.end(), targets_.begin(), targets_.end());
  require_utf8(path_, "column", columns_);
  if (groups.empty()) return;
  groups_ = entries({parse_list("--groups", groups), {}});
  for (const std::string& group : groups_) {
    if (std::find(columns_.begin(), columns_.end(), group) == columns_.end()) {
      columns_.push_back(group);
    }
  }
}

std::vector<Index> TrainingFile::group_places() const {
  std::vector<Index> out;
  for (const std::string& group : groups_) {
    out.push_back(std::find(columns_.begin(), columns_.end(), group) - columns_.begin());
  }
  return out;
}

std::unique_ptr<io::RowReader> TrainingFile::open(
    const std::optional<std::vector<std::string>>& classes) const {
  io::ReadOptions reading = reading_;
  reading.columns = {columns_, {}, io::Entry::name, {}};
  if (classes) reading.classes = io::ClassColumn{num_inputs(), *classes};
  return io::open_rows(path_, reading);
}

TrainingSummary summarise(const TrainingFile& file, Task task, Seed seed) {
  const auto reader =
      file.open(task == Task::classify ? std::optional(std::vector<std::string>{}) : std::nullopt);
  const Index cols = reader->cols();
  TrainingSummary out;
  std::vector<ColumnMoments> moments(static_cast<std::size_t>(cols));
  UniformSample sample(cols, sample_rows(cols), seed);
  Matrix<double> block(io::rows_at_a_time(cols), cols);
  for (Index got = block.rows(); got == block.rows();) {
    got = reader->read(block.view());
    for (Index r = 0; r < got; ++r) {
      const double* const row = block.row(r);
      for (std::size_t c = 0; c < moments.size(); ++c) moments[c].add(row[c]);
      if (task == Task::classify) {
        sample.offer(row, static_cast<Index>(row[file.num_inputs()]));
      } else {
        sample.offer(row);
      }
    }
  }
  out.rows = sample.offered();
  if (out.rows == 0) throw FileError(file.path() + ": has no rows");
  for (const ColumnMoments& column : moments) {
    out.mean.push_back(column.mean());
    out.deviation.push_back(column.constant() ? 0.0 : column.deviation());
  }
  const std::span<const std::string> classes = reader->classes();
  if (task == Task::classify && classes.size() < 2) {
    throw FileError(file.path() + ": the target " + io::quoted(file.targets().front()) +
                    " is always " + classes.front() + ", expected two classes or more");
  }
  out.sample = sample.rows();
  // From the order of their appearance to that of their names.
  std::vector<double> place(classes.size());
  for (const Index code : io::class_order(classes)) {
    place[static_cast<std::size_t>(code)] = static_cast<double>(out.classes.size());
    out.classes.push_back(classes[static_cast<std::size_t>(code)]);
  }
  require_utf8(file.path(), "class", out.classes);
  if (task == Task::classify) {
    for (Index i = 0; i < out.sample.rows(); ++i) {
      double& code = out.sample(i, file.num_inputs());
      code = place[static_cast<std::size_t>(code)];
    }
  }
  out.digest = reader->digest();
  return out;
}

}  // namespace bochner::cli
