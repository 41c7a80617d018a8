// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "bochner/core/view.hpp"
#include "bochner/random/stream.hpp"
#include "interface/cli/program.hpp"
#include "io/npy_header.hpp"
#include "io/row_reader.hpp"
#include "support/scratch.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// \file
/// Queries, keys and values in files, for tests of `attend`.

namespace bochner::test {

/// Random numbers as batch x heads x length x dimension.
struct Array {
  std::vector<Index> shape;  ///< as in the file
  std::vector<double> elements;

  Array(std::vector<Index> extents, std::uint64_t item, double size = 0.5)
      : shape(std::move(extents)) {
    Index count = 1;
    for (const Index extent : shape) count *= extent;
    elements.resize(static_cast<std::size_t>(count));
    Stream(Seed{3}, Purpose::study, item).normals(0, elements);
    for (double& x : elements) x *= size;
  }
  Index extent(std::size_t from_the_end) const {
    return from_the_end < shape.size() ? shape[shape.size() - 1 - from_the_end] : 1;
  }
  TensorView<const double, 4> view() const {
    return {elements.data(), {extent(3), extent(2), extent(1), extent(0)}};
  }
  double at(Index b, Index h, Index i, Index c) const {
    return elements[static_cast<std::size_t>(((b * extent(2) + h) * extent(1) + i) * extent(0) +
                                             c)];
  }
  std::string npy() const {
    io::NpyHeader header;
    header.shape = shape;
    const auto bytes = std::as_bytes(std::span(elements));
    return format_npy_header(header) +
           std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
};

struct Output {
  std::vector<Index> shape;
  Matrix<double> rows;
};

inline Output read_output(const std::string& path) {
  const auto reader = io::open_rows(path, {.columns = {},
                                           .non_finite = io::NonFinite::keep,
                                           .header = io::Header::automatic,
                                           .leading = io::LeadingDimensions::flatten});
  Output out;
  out.rows = io::read_all<double>(*reader);
  out.shape.assign(reader->shape().begin(), reader->shape().end());
  return out;
}

/// A directory with queries, keys and values in it.
struct Files {
  Array queries;
  Array keys;
  Array values;
  Scratch scratch{};

  Files(const std::vector<Index>& q, const std::vector<Index>& k, const std::vector<Index>& v)
      : queries(q, 0), keys(k, 1), values(v, 2) {
    scratch.write("q.npy", queries.npy());
    scratch.write("k.npy", keys.npy());
    scratch.write("v.npy", values.npy());
  }
  Outcome attend(const std::vector<std::string>& more, const Setting& setting = {}) const {
    std::vector<std::string> arguments = {
        "attend",   "--queries",          scratch.path("q.npy"), "--keys", scratch.path("k.npy"),
        "--values", scratch.path("v.npy")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_bochner(arguments, setting);
  }
  std::string output() const { return scratch.path("o.npy"); }
};

inline double largest_difference(const std::vector<double>& a, const Matrix<double>& b) {
  REQUIRE(static_cast<Index>(a.size()) == b.size());
  double largest = 0.0;
  for (std::size_t e = 0; e < a.size(); ++e) {
    largest = std::max(largest, std::abs(a[e] - b.data()[e]));
  }
  return largest;
}

}  // namespace bochner::test
