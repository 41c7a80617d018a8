// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/matrix.hpp>
#include <bochner/export.hpp>
#include <bochner/io/read_options.hpp>

#include <string>
#include <vector>

namespace bochner::io {

/// The rows of a file, held in memory, and what identifies them.
struct BOCHNER_EXPORT Table {
  std::string path;
  std::string digest;                ///< SHA-256 of the file
  std::string layout;                ///< what was found: "CSV, comma, header, 9 columns"
  std::vector<std::string> columns;  ///< names; empty where the file has none
  Matrix<double> rows;
  std::string counted;       ///< what `lines` are: "line" of a text, "row" of an array
  std::vector<Index> lines;  ///< where each row stands in the file, from 1

  /// "line 7".
  std::string where(Index row) const;
};

/// All rows of a .npy, .npz, text or svmlight file, whose format is detected from its content
/// unless `options` say; "-" is the standard input, `file.npz:name` one array of several:
///   const Matrix<double> x = io::read_table("train.csv", {.columns = {.keep = {"age",
///   "3-5"}}}).rows;
/// Throws FileError naming the line, or the row and column, of what is wrong, for a file without
/// rows and for one that is larger than this process's memory may be; InvalidArgument for an option
/// that says nothing about the format that was found.
BOCHNER_EXPORT Table read_table(const std::string& path, const ReadOptions& options = {});

}  // namespace bochner::io
