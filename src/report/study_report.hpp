// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/io/table.hpp"
#include "study/matrix_study.hpp"
#include "study/pair_study.hpp"

#include <optional>
#include <string>
#include <vector>

/// \file
/// The cells of a study as text, JSON, CSV, charts and a page.

namespace bochner::report {

/// What a study ran with, so that it can be repeated, and what came of it.
struct StudyResult {
  Kernel kernel;
  Index dimension = 0;
  Index replicates = 0;  ///< 0: closed forms alone
  Seed seed{};
  Execution execution{};
  std::optional<io::Table> input{};  ///< the file of pairs
  std::vector<study::StudyCell> cells{};
  std::vector<study::MatrixStudyCell> matrix{};
  std::string matrix_rows{};  ///< what the rows of the matrix are
  Index matrix_redraws = 0;
};

/// A projection's text, without options that are the default ones.
std::string short_projection(const std::string& text);

/// One map over all its cells.
struct StudyAgreement {
  std::string label;
  std::string projection;
  Index num_features = 0;  ///< the most
  double predicted = 0.0;  ///< relative error with these, root mean square over the pairs
  double measured = 0.0;
  double pairs = 0.0;
  Index compared = 0;  ///< cells that have a measured variance with a standard error
  Index agreeing = 0;  ///< of them, within two standard errors of the predicted one
};

/// One entry a map, in the order of the cells.
std::vector<StudyAgreement> agreement(const std::vector<study::StudyCell>& cells);

/// One line a cell.
std::string study_text(const StudyResult& result);
/// One line a map: errors with the most frequencies over all pairs, and how many cells agree.
std::string study_summary(const StudyResult& result);
std::string study_json(const StudyResult& result);
std::string study_csv(const std::vector<study::StudyCell>& cells);
std::string matrix_csv(const std::vector<study::MatrixStudyCell>& cells);

/// Relative error against the number of columns, root mean square over the pairs: predicted lines,
/// measured points; one panel a projection.
std::string error_svg(const StudyResult& result);
/// The relative error of the whole matrix, likewise.
std::string matrix_svg(const StudyResult& result);

/// A self-contained page: what was found in a sentence, the figures, the cells.
std::string study_page(const StudyResult& result, const std::string& error_figure,
                       const std::string& ratio_figure, const std::string& matrix_figure);

}  // namespace bochner::report
