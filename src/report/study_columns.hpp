// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "report/record.hpp"
#include "report/study_report.hpp"

/// \file
/// The columns of a study's records. What is measured follows what is predicted.

namespace bochner::report {

Columns<study::StudyCell> predicted_columns();
/// All of them; what is measured is nothing in a cell without replicates.
Columns<study::StudyCell> cell_columns();

Columns<study::MatrixStudyCell> predicted_matrix_columns();
Columns<study::MatrixStudyCell> matrix_columns();

/// For people alone.
Columns<StudyAgreement> predicted_agreement_columns();
Columns<StudyAgreement> agreement_columns();

/// An estimate that is exact but for rounding has no variance to compare with.
bool varies(const study::StudyCell& cell);

}  // namespace bochner::report
