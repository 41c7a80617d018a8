// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/execution.hpp"
#include "bochner/core/watcher.hpp"
#include "bochner/feature_map.hpp"

#include <string>
#include <vector>

/// \file
/// Two tables that compare the maps of the literature at equal columns, from closed forms.

namespace bochner::study {

/// One entry. Where nothing was measured, the last two are zero.
struct StudyTableCell {
  std::string map;
  std::string group;  ///< "d 16"
  std::string at;     ///< "|z|^2 0.25"
  double predicted = 0.0;
  double measured = 0.0;
  double measured_error = 0.0;  ///< one standard error
};

struct StudyTable {
  std::string title;
  std::string remark;                 ///< empty for none
  std::vector<StudyTableCell> cells;  ///< the same maps at each place
};

/// F Var K / k^2 with F = 2 d columns of the softmax kernel, d = 16 and 64, at |x + y|^2 from 1/4
/// to 8; parameters optimal at each pair. Trigonometric features, whose error depends on |x - y|
/// too, at three stated angles with |x| = |y|. Measured up to |x + y|^2 = 1: beyond, draws that no
/// sample sees carry the variance.
StudyTable equal_columns(Index replicates, Seed seed, const Execution& execution,
                         Watcher* watcher = nullptr);

/// E |A^ - A|_F^2 / |A|_F^2 with 16, 64 and 256 columns, A = exp(x_i.y_j) for 512 normal rows each,
/// d = 16, mean |x + y|^2 = 2 [Choromanski21, fig. 4 with sigma = 1/2].
StudyTable attention_matrix(Index replicates, Seed seed, const Execution& execution,
                            Watcher* watcher = nullptr);

}  // namespace bochner::study
