// SPDX-License-Identifier: Apache-2.0
#include "io/matrix_writer.hpp"

#include "io/npy_header.hpp"

#include <array>
#include <charconv>

namespace bochner::io {

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n;\t") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    out += c;
    if (c == '"') out += '"';
  }
  return out + '"';
}

template <Scalar T>
void write_npy(OutputFile& out, MatrixView<const T> matrix, const std::vector<Index>& shape) {
  NpyHeader header;
  header.item_bytes = sizeof(T);
  header.shape = shape.empty() ? std::vector<Index>{matrix.rows, matrix.cols} : shape;
  out.write(format_npy_header(header));
  std::vector<T> row(static_cast<std::size_t>(matrix.cols));
  for (Index i = 0; i < matrix.rows; ++i) {
    for (Index j = 0; j < matrix.cols; ++j) row[static_cast<std::size_t>(j)] = matrix(i, j);
    out.write({reinterpret_cast<const char*>(row.data()), row.size() * sizeof(T)});
  }
}

template <Scalar T>
void write_csv(OutputFile& out, std::span<const std::string> names, MatrixView<const T> matrix) {
  std::string line;
  for (std::size_t j = 0; j < names.size(); ++j) {
    if (j > 0) line += ',';
    line += csv_field(names[j]);
  }
  if (!names.empty()) out.write(line + '\n');
  std::array<char, 32> digits{};
  for (Index i = 0; i < matrix.rows; ++i) {
    line.clear();
    for (Index j = 0; j < matrix.cols; ++j) {
      if (j > 0) line += ',';
      const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), matrix(i, j));
      line.append(digits.data(), end.ptr);
    }
    out.write(line + '\n');
  }
}

template void write_npy<float>(OutputFile&, MatrixView<const float>, const std::vector<Index>&);
template void write_npy<double>(OutputFile&, MatrixView<const double>, const std::vector<Index>&);
template void write_csv<float>(OutputFile&, std::span<const std::string>, MatrixView<const float>);
template void write_csv<double>(OutputFile&, std::span<const std::string>,
                                MatrixView<const double>);

}  // namespace bochner::io
