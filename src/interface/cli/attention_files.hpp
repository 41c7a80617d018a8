// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "bochner/core/view.hpp"
#include "bochner/random/stream.hpp"

#include <array>
#include <string>
#include <vector>

/// \file
/// Queries, keys and values: from files, or synthetic.

namespace bochner::cli {

/// One of them, as batch x heads x length x dimension.
template <Scalar T>
struct AttentionArray {
  std::string path;    ///< empty when synthetic
  std::string digest;  ///< SHA-256 of the file
  std::vector<Index>
      shape;       ///< of the file: length x dimension, heads before it, batch before them
  Matrix<T> rows;  ///< all but the last extent together

  std::array<Index, 4> extents() const;
  TensorView<const T, 4> view() const { return {rows.data(), extents()}; }
};

/// A .npy array of 2, 3 or 4 dimensions, or text, which has 2. Throws FileError.
template <Scalar T>
AttentionArray<T> read_attention_array(const std::string& path);

/// Normal numbers of standard deviation `size`.
template <Scalar T>
AttentionArray<T> random_attention_array(const std::vector<Index>& shape, double size,
                                         const Stream& stream);

extern template struct AttentionArray<float>;
extern template struct AttentionArray<double>;
extern template AttentionArray<float> read_attention_array<float>(const std::string&);
extern template AttentionArray<double> read_attention_array<double>(const std::string&);
extern template AttentionArray<float> random_attention_array<float>(const std::vector<Index>&,
                                                                    double, const Stream&);
extern template AttentionArray<double> random_attention_array<double>(const std::vector<Index>&,
                                                                      double, const Stream&);

}  // namespace bochner::cli
