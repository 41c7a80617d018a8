// SPDX-License-Identifier: Apache-2.0
#include "io/svmlight_writer.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <string>

namespace bochner::io {
namespace {

template <class Number>
void append(std::string& line, Number value) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  line.append(digits.data(), end);
}

}  // namespace

template <Scalar T>
void write_svmlight(OutputFile& out, MatrixView<const double> labels, MatrixView<const T> rows,
                    std::span<const std::string> comments) {
  std::string line;
  for (Index i = 0; i < rows.rows; ++i) {
    line.clear();
    append(line, labels(i, 0));
    for (Index j = 0; j < rows.cols; ++j) {
      if (rows(i, j) == T{0}) continue;
      line += ' ';
      append(line, j + 1);
      line += ':';
      append(line, rows(i, j));
    }
    if (!comments.empty()) line += " # " + comments[static_cast<std::size_t>(i)];
    out.write(line + '\n');
  }
}

template void write_svmlight<float>(OutputFile&, MatrixView<const double>, MatrixView<const float>,
                                    std::span<const std::string>);
template void write_svmlight<double>(OutputFile&, MatrixView<const double>,
                                     MatrixView<const double>, std::span<const std::string>);

}  // namespace bochner::io
