// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/row_reader.hpp"

#include "bochner/core/matrix.hpp"
#include "bochner/core/view.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>

namespace bochner::bench {

/// What heads.sh made of a model's queries, keys or values: layers x heads x length x dimension.
struct HeadArray {
  Matrix<float> rows;
  std::array<Index, 4> extents{};

  explicit HeadArray(const std::string& path) {
    io::ReadOptions options;
    options.leading = io::LeadingDimensions::flatten;
    const auto reader = io::open_rows(path, options);
    rows = io::read_all<float>(*reader);
    std::copy_n(reader->shape().begin(), extents.size(), extents.begin());
  }

  /// 1 x heads x `length` x dimension: the first rows of each head.
  TensorView<const float, 4> layer(Index l, Index length) const {
    const auto [layers, heads, most, dim] = extents;
    return {rows.data() + l * heads * most * dim,
            {1, heads, length, dim},
            {heads * most * dim, most * dim, dim, 1}};
  }
};

/// Whether heads.sh could make the arrays of this model.
inline bool has_heads(const std::string& folder, const std::string& model) {
  return std::filesystem::exists(folder + "/" + model + "_values.npy");
}

}  // namespace bochner::bench
