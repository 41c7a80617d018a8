// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/pipeline/model.hpp"
#include "core/door.hpp"

#include <concepts>
#include <string>
#include <variant>

/// \file
/// Parts of a model that it may hold or not, of either scalar.

namespace bochner::pipeline {

/// Calls body(part), unless the variant holds nothing.
template <class Part, class Body>
void if_held(const Part& part, const Body& body) {
  std::visit(
      [&]<class Held>(const Held& held) {
        if constexpr (!std::same_as<Held, std::monostate>) body(held);
      },
      part);
}

/// Throws InvalidArgument, "WHAT are of ...", unless the regression's scalar is T.
template <Scalar T>
void require_same_scalar(const Door& door, const std::string& what, const Model& model) {
  const bool same = std::visit([]<template <class> class Regression, Scalar U>(
                                   const Regression<U>&) { return std::same_as<T, U>; },
                               model.regression);
  if (!same) door.refuse(what + " are of another scalar than the regression");
}

}  // namespace bochner::pipeline
