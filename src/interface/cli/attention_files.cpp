// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/attention_files.hpp"

#include "bochner/core/error.hpp"
#include "core/memory.hpp"
#include "io/row_reader.hpp"

#include <algorithm>

namespace bochner::cli {

template <Scalar T>
std::array<Index, 4> AttentionArray<T>::extents() const {
  std::array<Index, 4> out{1, 1, 1, 1};
  std::copy_backward(shape.begin(), shape.end(), out.end());
  return out;
}

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

template struct AttentionArray<float>;
template struct AttentionArray<double>;
template AttentionArray<float> read_attention_array<float>(const std::string&);
template AttentionArray<double> read_attention_array<double>(const std::string&);
template AttentionArray<float> random_attention_array<float>(const std::vector<Index>&, double,
                                                             const Stream&);
template AttentionArray<double> random_attention_array<double>(const std::vector<Index>&, double,
                                                               const Stream&);

}  // namespace bochner::cli
