// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/training_file.hpp"

#include "bochner/core/error.hpp"
#include "interface/cli/options.hpp"
#include "interface/io/message.hpp"
#include "interface/io/npz.hpp"
#include "interface/io/rereadable.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace bochner::cli {
namespace {

/// Names go into a model's header, which is JSON and so UTF-8.
void require_utf8(const std::string& path, const FileColumns& columns) {
  for (const std::string& name : columns.names) {
    try {
      static_cast<void>(nlohmann::json(name).dump());
    } catch (const nlohmann::json::type_error&) {
      throw FileError(path + ": the name of the column " + io::quoted(name) +
                      " is not UTF-8, as a model's file has it");
    }
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

TrainingFile::TrainingFile(const InputOptions& options, const ColumnRoles& roles)
    : source_(io::rereadable(io::open_source(options.path))), reading_(read_options(options)) {
  path_ = source_->name();
  io::ReadOptions everything = reading_;
  everything.columns = {};
  const auto whole = io::open_rows(source_->again(), everything);
  require_used(options.reading, *whole);
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
  const auto listed = [&](const char* option, const std::string& text) {
    if (text.empty()) return FileColumns{};
    io::ColumnSelection selection;
    selection.keep = parse_list(option, text);
    return named(io::resolve(selection, whole->columns(), path_));
  };
  targets_ = listed("--target", roles.targets);
  groups_ = listed("--groups", roles.groups);
  weights_ = listed("--weights", roles.weights);
  if (weights_.count() > 1) throw UsageError("--weights: expected one column");
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

}  // namespace bochner::cli
