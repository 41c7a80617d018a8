// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/attention_files.hpp"

#include "bochner/core/error.hpp"
#include "core/memory.hpp"
#include "io/row_reader.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace bochner::cli {

template <Scalar T>
std::array<Index, 4> AttentionArray<T>::extents() const {
  std::array<Index, 4> out{1, 1, 1, 1};
  std::copy_backward(shape.begin(), shape.end(), out.end());
  return out;
}

namespace {

template <Scalar T>
AttentionArray<T> read_attention_array(const std::string& path) {
  io::ReadOptions options;
  options.leading = io::LeadingDimensions::flatten;
  const auto reader = io::open_rows(path, options);
  AttentionArray<T> out;
  out.path = path == "-" ? "standard input" : path;
  if (const auto rows = reader->rows()) {
    require_memory(out.path,
                   static_cast<double>(*rows) * static_cast<double>(reader->cols()) * sizeof(T));
  }
  out.rows = io::read_all<T>(*reader);
  out.shape.assign(reader->shape().begin(), reader->shape().end());
  if (out.shape.empty()) out.shape = {out.rows.rows(), out.rows.cols()};
  if (out.shape.size() < 2 || out.shape.size() > 4) {
    throw FileError(out.path + ": has " + std::to_string(out.shape.size()) + " dimension" +
                    (out.shape.size() == 1 ? "" : "s") +
                    ", expected length x dimension, with heads and batch before them or not");
  }
  out.digest = reader->digest();
  return out;
}

/// Normal numbers of standard deviation `size`.
template <Scalar T>
AttentionArray<T> random_attention_array(const std::vector<Index>& shape, double size,
                                         const Stream& stream) {
  AttentionArray<T> out;
  out.shape = shape;
  const auto [batch, heads, length, dim] = out.extents();
  out.rows = Matrix<T>(batch * heads * length, dim);
  for (Index e = 0; e < out.rows.size(); ++e) {
    out.rows.data()[e] = static_cast<T>(size * stream.normal(static_cast<std::uint64_t>(e)));
  }
  return out;
}

/// Inputs of this size have a mean |q + k|^2 of 1 at the scale 1/sqrt(d).
double synthetic_size(Index dim) { return std::sqrt(0.5 / std::sqrt(static_cast<double>(dim))); }

}  // namespace

template <Scalar T>
AttentionArrays<T> read_attention_arrays(const std::string& queries, const std::string& keys,
                                         const std::string& values) {
  AttentionArrays<T> arrays{read_attention_array<T>(queries), read_attention_array<T>(keys),
                            read_attention_array<T>(values)};
  for (const auto* array : {&arrays.keys, &arrays.values}) {
    if (array->shape.size() == arrays.queries.shape.size()) continue;
    throw FileError(array->path + ": has " + std::to_string(array->shape.size()) +
                    " dimensions, expected " + std::to_string(arrays.queries.shape.size()) +
                    " as " + arrays.queries.path);
  }
  return arrays;
}

template <Scalar T>
AttentionArrays<T> random_attention_arrays(const SyntheticShape& shape, Seed seed) {
  require_memory("--synthetic", 5.0 * sizeof(T) * static_cast<double>(shape.length) *
                                    static_cast<double>(shape.dimension) *
                                    static_cast<double>(shape.heads));
  const auto random = [&](std::uint64_t item, double size) {
    return random_attention_array<T>({shape.heads, shape.length, shape.dimension}, size,
                                     Stream(seed, Purpose::study, item));
  };
  const double size = synthetic_size(shape.dimension);
  return {random(0, size), random(1, size), random(2, 1.0)};
}

template struct AttentionArray<float>;
template struct AttentionArray<double>;
template AttentionArrays<float> read_attention_arrays<float>(const std::string&, const std::string&,
                                                             const std::string&);
template AttentionArrays<double> read_attention_arrays<double>(const std::string&,
                                                               const std::string&,
                                                               const std::string&);
template AttentionArrays<float> random_attention_arrays<float>(const SyntheticShape&, Seed);
template AttentionArrays<double> random_attention_arrays<double>(const SyntheticShape&, Seed);

}  // namespace bochner::cli
