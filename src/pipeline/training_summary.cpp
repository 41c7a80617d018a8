// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/error.hpp"
#include "core/numbers.hpp"
#include "io/class_codes.hpp"
#include "io/message.hpp"
#include "pipeline/column_moments.hpp"
#include "pipeline/leaving.hpp"
#include "pipeline/training_file.hpp"
#include "pipeline/uniform_sample.hpp"
#include "pipeline/weights.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

namespace bochner::pipeline {
namespace {

constexpr Index kSampleRows = 65536;
constexpr Index kSampleBytes = Index{1} << 26;

/// Squares of targets are summed.
constexpr double kLargestTarget = 1e150;

void check_targets(const io::RowReader& reader, Index row, const double* values, Index first,
                   Index count) {
  for (Index c = first; c < first + count; ++c) {
    if (std::abs(values[c]) <= kLargestTarget) continue;
    throw FileError(reader.place(row, c) + ": the target " + shortest(values[c]) +
                    " is out of range, expected at most 1e150; measure it in a larger unit");
  }
}

/// Whether so many rows of the file, not all of which could be read as numbers, can be read with
/// the target as classes: its words were then to blame.
bool reads_as_classes(const TrainingFile& file, Index rows) {
  if (file.num_targets() != 1) return false;
  try {
    const auto reader = file.open(std::vector<std::string>{});
    Matrix<double> row(1, reader->cols());
    for (Index i = 0; i < rows && reader->read(row.view()) > 0; ++i) {
    }
    return true;
  } catch (const FileError&) {
    return false;
  }
}

/// Classes that a row with a weight has, from the order of their appearance to that of their names.
void order_classes(const TrainingFile& file, std::span<const std::string> classes,
                   const std::vector<bool>& counted, TrainingSummary& out) {
  std::vector<double> place(classes.size());
  for (const Index code : io::class_order(classes)) {
    if (static_cast<std::size_t>(code) >= counted.size()) continue;
    if (!counted[static_cast<std::size_t>(code)]) continue;
    place[static_cast<std::size_t>(code)] = static_cast<double>(out.classes.size());
    out.classes.push_back(classes[static_cast<std::size_t>(code)]);
  }
  if (out.classes.size() < 2) {
    throw FileError(file.path() + ": the target " + io::quoted(file.targets().names.front()) +
                    " is always " + out.classes.front() + ", expected two classes or more");
  }
  for (const std::string& name : out.classes) {
    if (io::is_utf8(name)) continue;
    throw FileError(file.path() + ": the name of the class " + io::quoted(name) +
                    " is not UTF-8, as a model's file has it");
  }
  for (Index i = 0; i < out.sample.rows(); ++i) {
    double& code = out.sample(i, file.num_inputs());
    code = place[static_cast<std::size_t>(code)];
  }
}

}  // namespace

Index sample_rows(Index cols) {
  return std::clamp<Index>(kSampleBytes / (cols * static_cast<Index>(sizeof(double))), 2,
                           kSampleRows);
}

TrainingSummary summarise(const TrainingFile& file, Task task, Seed seed, Watcher* watcher) {
  const auto reader =
      file.open(task == Task::classify ? std::optional(std::vector<std::string>{}) : std::nullopt);
  const Index cols = reader->cols();
  const Index inputs = file.num_inputs();
  TrainingSummary out;
  std::vector<ColumnMoments> moments(static_cast<std::size_t>(inputs + file.num_targets()));
  UniformSample sample(cols, sample_rows(cols), seed);
  std::vector<bool> counted;  // classes that a row with a weight has
  Matrix<double> block(io::rows_at_a_time(cols), cols);
  for (Index got = block.rows(); got == block.rows();) {
    try {
      got = reader->read(block.view());
    } catch (const FileError& error) {
      if (task != Task::regress || !reads_as_classes(file, out.rows + block.rows())) {
        throw;
      }
      throw FileError(std::string(error.what()) +
                      "; where the target's words are classes: task=classify");
    }
    out.rows += got;
    leave_if_asked(watcher, "after " + std::to_string(out.rows) + " rows of the first reading");
    for (Index r = 0; r < got; ++r) {
      const double* const row = block.row(r);
      double weight = 1.0;
      if (const auto column = file.weight_column())
        weight = checked_weight(*reader, r, *column, row[*column]);
      // Without weight a row is as good as absent, whatever it says.
      if (weight == 0.0) continue;
      for (std::size_t c = 0; c < moments.size(); ++c) moments[c].add(row[c], weight);
      if (task == Task::classify) {
        const auto code = static_cast<std::size_t>(row[inputs]);
        if (code >= counted.size()) counted.resize(code + 1);
        counted[code] = true;
        sample.offer(row, static_cast<Index>(code));
      } else {
        check_targets(*reader, r, row, inputs, file.num_targets());
        sample.offer(row);
      }
    }
  }
  out.counted = sample.offered();
  if (out.rows == 0) throw FileError(file.path() + ": has no rows");
  if (out.counted == 0) throw FileError(file.path() + ": every weight is 0");
  for (const ColumnMoments& column : moments) {
    out.mean.push_back(column.mean());
    out.deviation.push_back(column.constant() ? 0.0 : column.deviation());
  }
  out.weight = moments.front().weight();
  out.sample = sample.rows();
  if (task == Task::classify) order_classes(file, reader->classes(), counted, out);
  out.digest = reader->digest();
  return out;
}

}  // namespace bochner::pipeline
