// SPDX-License-Identifier: Apache-2.0
#include "pipeline/training_file.hpp"

#include "bochner/core/error.hpp"
#include "io/message.hpp"
#include "io/npz.hpp"
#include "io/rereadable.hpp"
#include "io/resolve_columns.hpp"
#include "io/table_reader.hpp"

#include <algorithm>

namespace bochner::pipeline {
namespace {

/// Names go into a model's header, which is JSON and so UTF-8.
void require_utf8(const std::string& path, const FileColumns& columns) {
  for (const std::string& name : columns.names) {
    if (io::is_utf8(name)) continue;
    throw FileError(path + ": the name of the column " + io::quoted(name) +
                    " is not UTF-8, as a model's file has it");
  }
}

bool holds(const std::vector<Index>& places, Index place) {
  return std::find(places.begin(), places.end(), place) != places.end();
}

/// Throws FileError where a column is both.
void require_apart(const std::string& path, const char* what, const FileColumns& columns,
                   const char* other, const FileColumns& others) {
  for (std::size_t c = 0; c < columns.places.size(); ++c) {
    if (!holds(others.places, columns.places[c])) continue;
    throw FileError(path + ": the " + what + " " + io::quoted(columns.names[c]) + " is among the " +
                    other);
  }
}

}  // namespace

TrainingFile::TrainingFile(const std::string& path, const io::ReadOptions& reading,
                           const ColumnRoles& roles)
    : source_(io::rereadable(io::open_source(path))), reading_(reading) {
  path_ = source_->name();
  io::ReadOptions everything = reading_;
  everything.columns = {};
  const auto whole = io::open_rows(source_->again(), everything);
  io::require_used(reading_, *whole);
  layout_ = whole->layout();
  named_ = whole->columns().named();
  num_columns_ = whole->columns().count();
  const auto named = [&](std::vector<Index> places) {
    FileColumns out{std::move(places), {}};
    for (const Index place : out.places) {
      out.names.push_back(whole->columns().name_or_number(place));
    }
    return out;
  };
  const auto listed = [&](const std::vector<std::string>& entries) {
    if (entries.empty()) return FileColumns{};
    return named(io::resolve({.keep = entries}, whole->columns(), path_));
  };
  targets_ = listed(roles.targets);
  groups_ = listed(roles.groups);
  weights_ = listed(roles.weights);
  if (weights_.count() > 1) {
    throw InvalidRequest("weights: expected one column, got " + std::to_string(weights_.count()));
  }
  require_apart(path_, "target", targets_, "weights", weights_);
  require_apart(path_, "group", groups_, "targets", targets_);
  require_apart(path_, "group", groups_, "weights", weights_);

  std::vector<Index> chosen = io::resolve(reading_.columns, whole->columns(), path_);
  if (reading_.columns.keep.empty()) {
    std::erase_if(chosen, [&](Index place) {
      return holds(targets_.places, place) || holds(weights_.places, place) ||
             holds(groups_.places, place);
    });
    if (chosen.empty()) {
      throw FileError(path_ + ": no column is left for the inputs beside those of the options");
    }
  }
  inputs_ = named(std::move(chosen));
  require_apart(path_, "target", targets_, "inputs", inputs_);
  require_apart(path_, "weight", weights_, "inputs", inputs_);
  require_utf8(path_, inputs_);
  require_utf8(path_, targets_);

  places_ = inputs_.places;
  for (const FileColumns* columns : {&targets_, &weights_}) {
    places_.insert(places_.end(), columns->places.begin(), columns->places.end());
  }
  for (const Index place : groups_.places) {
    const auto found = std::find(inputs_.places.begin(), inputs_.places.end(), place);
    if (found != inputs_.places.end()) {
      group_columns_.push_back(found - inputs_.places.begin());
      continue;
    }
    group_columns_.push_back(static_cast<Index>(places_.size()));
    coded_.push_back(group_columns_.back());
    places_.push_back(place);
  }
}

std::optional<Index> TrainingFile::weight_column() const noexcept {
  if (weights_.places.empty()) return std::nullopt;
  return num_inputs() + num_targets();
}

std::unique_ptr<io::RowReader> TrainingFile::open(
    const std::optional<std::vector<std::string>>& classes) const {
  io::ReadOptions reading = reading_;
  reading.columns = {};
  reading.columns.places = places_;
  reading.groups = coded_;
  if (classes) reading.classes = io::ClassColumn{num_inputs(), *classes};
  return io::open_rows(source_->again(), reading);
}

}  // namespace bochner::pipeline
