// SPDX-License-Identifier: Apache-2.0
#include "pipeline/model_columns.hpp"

#include "bochner/core/error.hpp"
#include "io/message.hpp"
#include "io/resolve_columns.hpp"

#include <cstddef>

namespace bochner::pipeline {
namespace {

/// The column of that name or, of several, the one where the model's was.
Index find_named(const std::string& name, Index expected, const io::ColumnNames& names,
                 const std::string& file) {
  if (!names.named() && expected >= 0) {
    throw FileError(file + ": has no names of columns, and the model finds its columns by name: " +
                    io::quoted(name) + " and so on (header=yes?)");
  }
  const Index found = names.find(name);
  if (found == io::ColumnNames::kNone) {  // resolve says what there is instead
    return io::resolve({.keep = {name}, .entry = io::Entry::name}, names, file).front();
  }
  if (found != io::ColumnNames::kSeveral) return found;
  if (expected >= 0 && expected < names.count() && names.name(expected) == name) return expected;
  throw FileError(file + ": has more than one column " + io::quoted(name) +
                  (expected < 0 ? std::string(", and the model does not say which")
                                : ", and column " + std::to_string(expected + 1) +
                                      ", where the model's was, is none of them"));
}

/// The column in the place of the model's, of a file without names.
Index find_placed(const Model& model, Index place, const io::ColumnNames& names,
                  const std::string& file) {
  if (place < names.count()) return place;
  const auto inputs = static_cast<Index>(model.inputs.size());
  throw FileError(file + ": has " + std::to_string(names.count()) +
                  (names.count() == 1 ? " column" : " columns") +
                  ", and the model, fitted to a file without names, needs column " +
                  std::to_string(place + 1) +
                  (names.count() == inputs
                       ? "; it has as many columns as there are inputs: is the target missing?"
                       : ""));
}

}  // namespace

std::vector<Index> find_columns(const Model& model, const UsedColumns& used,
                                const io::ColumnNames& names, const std::string& file) {
  std::vector<std::string> wanted = model.inputs;
  if (used.targets == UsedColumns::Targets::all) {
    wanted.insert(wanted.end(), model.targets.begin(), model.targets.end());
  }
  std::vector<Index> out;
  std::vector<bool> taken(static_cast<std::size_t>(names.count()));
  for (std::size_t k = 0; k < wanted.size(); ++k) {
    const Index expected = model.places.empty() ? -1 : model.places[k];
    if (model.named) {
      out.push_back(find_named(wanted[k], expected, names, file));
    } else {
      out.push_back(find_placed(model, expected, names, file));
    }
    const auto place = static_cast<std::size_t>(out.back());
    if (taken[place]) {
      throw FileError(file + ": has one column " + io::quoted(wanted[k]) +
                      ", and the model knows more than one of that name");
    }
    taken[place] = true;
  }
  if (!used.weights.empty()) {
    out.push_back(io::resolve({.keep = {used.weights}}, names, file).front());
  }
  return out;
}

}  // namespace bochner::pipeline
