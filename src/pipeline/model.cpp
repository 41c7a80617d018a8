// SPDX-License-Identifier: Apache-2.0
#include "bochner/pipeline/model.hpp"

#include "bochner/core/error.hpp"
#include "bochner/io/archive.hpp"
#include "core/archive_entries.hpp"
#include "core/door.hpp"
#include "io/message.hpp"
#include "pipeline/column_ranges.hpp"
#include "pipeline/model_columns.hpp"
#include "pipeline/model_feature_errors.hpp"
#include "pipeline/model_held_out.hpp"
#include "pipeline/model_rows.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <set>
#include <span>
#include <utility>

namespace bochner::pipeline {
namespace {

constexpr Door kArchive("archive");
constexpr const char* kInputs = "inputs";
constexpr const char* kTargets = "targets";
constexpr const char* kClasses = "classes";
constexpr const char* kPlaces = "column_numbers";
constexpr const char* kNamed = "columns_named";
constexpr const char* kFileColumns = "file_columns";

/// A list of names from its JSON.
std::vector<std::string> names_of(const Archive& archive, const char* key) {
  const auto list = nlohmann::json::parse(archive.word(key), nullptr, false);
  std::vector<std::string> out;
  for (const auto& item : list) {
    if (!list.is_array() || !item.is_string()) break;
    out.push_back(item.get<std::string>());
  }
  if (out.empty() || out.size() != list.size()) {
    kArchive.refuse("'" + std::string(key) + "' is no list of names");
  }
  return out;
}

/// Where columns stood, of so many.
std::vector<Index> places_of(const Archive& archive, std::size_t count) {
  if (auto places = parse_ranges(archive.word(kPlaces), count)) return *std::move(places);
  kArchive.refuse("'" + std::string(kPlaces) + "' is no list of one number per column");
}

decltype(Model::regression) regression_of(const Archive& archive) {
  const bool single = archive.word("scalar") == "float";
  if (archive.word("kind") == "logistic_regression") {
    if (single) return LogisticRegression<float>::load(archive);
    return LogisticRegression<double>::load(archive);
  }
  if (single) return RidgeRegression<float>::load(archive);
  return RidgeRegression<double>::load(archive);
}

}  // namespace

Model from_archive(const Archive& archive) {
  Model model{.inputs = names_of(archive, kInputs),
              .targets = names_of(archive, kTargets),
              .places = {},
              .named = true,
              .file_columns = 0,
              .classes = {},
              .standardisation = {},
              .data_digest = archive.word("data_sha256"),
              .num_rows = archive.count("data_rows"),
              .regression = regression_of(archive),
              .held_out = held_out_of(archive),
              .feature_errors = feature_errors_of(archive)};
  // Models of version 0.1 do not say.
  if (archive.metadata.contains(kPlaces)) {
    model.places = places_of(archive, model.inputs.size() + model.targets.size());
    model.named = archive.word(kNamed) == "yes";
    model.file_columns = archive.count(kFileColumns);
  }
  const Index dim = model.spec().input_dim;
  model.standardisation = {load_vector(archive, "input_centre", dim),
                           load_vector(archive, "input_scale", dim)};
  const std::string& task = archive.word("task");
  if (task == "classify") {
    model.classes = names_of(archive, kClasses);
  } else if (task != "regress") {
    kArchive.refuse("'task' is '" + task + "', expected regress or classify");
  }
  require_consistent(model);
  return model;
}

bool Model::knows_all_columns() const {
  return static_cast<std::size_t>(file_columns) == inputs.size() + targets.size();
}

const FeatureMapSpec& Model::spec() const {
  return std::visit([](const auto& r) -> const FeatureMapSpec& { return r.map().spec(); },
                    regression);
}

double Model::ridge() const {
  return std::visit([](const auto& r) { return r.options().ridge; }, regression);
}

Index Model::num_outputs() const {
  return std::visit([](const auto& r) { return r.coefficients().cols(); }, regression);
}

bool Model::probabilistic() const { return regression.index() >= 2; }

Matrix<double> Model::outputs(MatrixView<const double> rows, const Execution& execution) const {
  Door("Model::outputs").columns("rows", rows, std::ssize(inputs), "the model's inputs");
  Matrix<double> out(rows.rows, num_outputs());
  const auto predict =
      [&]<template <class> class Regression, Scalar T>(const Regression<T>& fitted) {
        Matrix<T> x(rows.rows, rows.cols);
        standardisation.apply<T>(rows, x.view());
        if constexpr (std::same_as<Regression<T>, LogisticRegression<T>>) {
          Matrix<T> probabilities(rows.rows, num_outputs());
          fitted.predict_probabilities(std::as_const(x).view(), probabilities.view(), execution);
          std::copy_n(probabilities.data(), probabilities.size(), out.data());
        } else {
          fitted.predict(std::as_const(x).view(), out.view(), execution);
        }
      };
  std::visit(predict, regression);
  return out;
}

bool Model::has_posterior() const {
  return classes.empty() &&
         std::visit(
             []<template <class> class Regression, Scalar T>(const Regression<T>& fitted) {
               if constexpr (std::same_as<Regression<T>, RidgeRegression<T>>) {
                 return fitted.options().posterior == Posterior::full;
               }
               return false;
             },
             regression);
}

Matrix<double> Model::outputs_and_variances(MatrixView<const double> rows,
                                            const Execution& execution) const {
  constexpr Door kDoor("Model::outputs_and_variances");
  kDoor.columns("rows", rows, std::ssize(inputs), "the model's inputs");
  if (!has_posterior()) {
    kDoor.refuse("the model holds no posterior, expected one that was fitted with Posterior::full");
  }
  const Index t = num_outputs();
  Matrix<double> out(rows.rows, 2 * t);
  const auto predict =
      [&]<template <class> class Regression, Scalar T>(const Regression<T>& fitted) {
        if constexpr (std::same_as<Regression<T>, RidgeRegression<T>>) {
          Matrix<T> x(rows.rows, rows.cols);
          standardisation.apply<T>(rows, x.view());
          fitted.predict_with_variance(std::as_const(x).view(), out.view().middle_cols(0, t),
                                       out.view().middle_cols(t, t), execution);
        }
      };
  std::visit(predict, regression);
  return out;
}

Metadata column_metadata(const std::vector<std::string>& inputs,
                         const std::vector<std::string>& targets,
                         const std::vector<Index>& places) {
  Metadata out = {{kInputs, nlohmann::json(inputs).dump()},
                  {kTargets, nlohmann::json(targets).dump()}};
  if (!places.empty()) out.emplace(kPlaces, to_ranges(places));
  return out;
}

void require_consistent(const Model& model) {
  constexpr Door kDoor("Model");
  const Index used = std::ssize(model.inputs) + std::ssize(model.targets);
  kDoor.entries("inputs", std::ssize(model.inputs), model.spec().input_dim, "the map's input_dim");
  if (model.standardisation.centre.size() != model.inputs.size() ||
      model.standardisation.scale.size() != model.inputs.size()) {
    kDoor.refuse("standardisation is not of as many columns as there are inputs");
  }
  for (const double scale : model.standardisation.scale) {
    if (!(scale > 0.0)) kDoor.refuse("a scale of the standardisation is not positive");
  }
  if (!model.places.empty()) {
    kDoor.entries("places", std::ssize(model.places), used, "one per input and target");
  }
  if (!model.named && model.places.empty()) kDoor.refuse("columns have neither names nor places");
  if (model.classes.empty()) {
    if (model.probabilistic()) kDoor.refuse("a logistic regression has no classes");
    if (static_cast<Index>(model.targets.size()) != model.num_outputs()) {
      kDoor.refuse("targets are not one per output");
    }
  } else {
    const std::set<std::string> distinct(model.classes.begin(), model.classes.end());
    if (distinct.size() < 2 || distinct.size() != model.classes.size()) {
      kDoor.refuse("classes are not two or more different names");
    }
    if (model.targets.size() != 1 ||
        static_cast<Index>(model.classes.size()) != model.num_outputs()) {
      kDoor.refuse("classes are not those of one target, one per output");
    }
  }
  require_consistent_held_out(kDoor, model);
  require_consistent_feature_errors(kDoor, model);
  for (const auto* const names : {&model.inputs, &model.targets, &model.classes}) {
    for (const std::string& name : *names) {
      if (!io::is_utf8(name)) kDoor.refuse("a name is not UTF-8");
    }
  }
}

Archive to_archive(const Model& model) {
  require_consistent(model);
  Archive archive = std::visit([](const auto& r) { return r.save(); }, model.regression);
  archive.metadata.merge(column_metadata(model.inputs, model.targets, model.places));
  archive.metadata["task"] = model.classes.empty() ? "regress" : "classify";
  archive.metadata["data_sha256"] = model.data_digest;
  archive.metadata["data_rows"] = std::to_string(model.num_rows);
  archive.arrays.emplace("input_centre", row_matrix(model.standardisation.centre));
  archive.arrays.emplace("input_scale", row_matrix(model.standardisation.scale));
  if (!model.classes.empty()) archive.metadata[kClasses] = nlohmann::json(model.classes).dump();
  if (!model.places.empty()) {
    archive.metadata[kNamed] = model.named ? "yes" : "no";
    archive.metadata[kFileColumns] = std::to_string(model.file_columns);
  }
  add_held_out(model, archive);
  add_feature_errors(model, archive);
  require_finite(archive);
  return archive;
}

Model load_model(const std::string& path) {
  const Archive archive = io::read_archive(path);
  try {
    return from_archive(archive);
  } catch (const InvalidArgument& error) {
    throw FileError(path + ": is no model: " + error.what());
  }
}

void save_model(const Model& model, const std::string& path) {
  io::write_archive(path, to_archive(model));
}

}  // namespace bochner::pipeline
