// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/attention/attention.hpp"
#include "bochner/core/matrix.hpp"
#include "bochner/core/view.hpp"
#include "bochner/random/stream.hpp"

#include <array>
#include <string>
#include <vector>

/// \file
/// Queries, keys and values: from files, or random.

namespace bochner::cli {

/// One of them, as batch x heads x length x dimension.
template <Scalar T>
struct AttentionArray {
  std::string path;    ///< empty when random
  std::string digest;  ///< SHA-256 of the file
  std::vector<Index>
      shape;       ///< of the file: length x dimension, heads before it, batch before them
  Matrix<T> rows;  ///< all but the last extent together

  std::array<Index, 4> extents() const;
  TensorView<const T, 4> view() const { return {rows.data(), extents()}; }
};

/// All three.
template <Scalar T>
struct AttentionArrays {
  AttentionArray<T> queries;
  AttentionArray<T> keys;
  AttentionArray<T> values;

  AttentionInputs<T> inputs() const { return {queries.view(), keys.view(), values.view()}; }
};

/// Files of as many dimensions each: .npy arrays of 2, 3 or 4 dimensions, or text, which has 2.
/// Throws FileError.
template <Scalar T>
AttentionArrays<T> read_attention_arrays(const std::string& queries, const std::string& keys,
                                         const std::string& values);

/// Extents of random inputs.
struct SyntheticShape {
  Index length = 0;
  Index dimension = 0;
  Index heads = 0;
};

/// Normal numbers: values of deviation 1, queries and keys with a mean |q + k|^2 of 1 at the scale
/// 1/sqrt(dimension). Throws where they are more than the machine's memory.
template <Scalar T>
AttentionArrays<T> random_attention_arrays(const SyntheticShape& shape, Seed seed);

extern template struct AttentionArray<float>;
extern template struct AttentionArray<double>;
extern template AttentionArrays<float> read_attention_arrays<float>(const std::string&,
                                                                    const std::string&,
                                                                    const std::string&);
extern template AttentionArrays<double> read_attention_arrays<double>(const std::string&,
                                                                      const std::string&,
                                                                      const std::string&);
extern template AttentionArrays<float> random_attention_arrays<float>(const SyntheticShape&, Seed);
extern template AttentionArrays<double> random_attention_arrays<double>(const SyntheticShape&,
                                                                        Seed);

}  // namespace bochner::cli
