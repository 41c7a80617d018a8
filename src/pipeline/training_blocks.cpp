// SPDX-License-Identifier: Apache-2.0
#include "pipeline/training_blocks.hpp"

#include "bochner/core/error.hpp"
#include "pipeline/cell_error.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

namespace bochner::pipeline {
namespace {

[[noreturn]] void fail_changed(const TrainingFile& file) {
  throw FileError(file.path() + ": changed while it was read");
}

std::unique_ptr<io::RowReader> reopen(const TrainingFile& file, const TrainingSummary& summary) {
  if (summary.classes.empty()) return file.open();
  return file.open(summary.classes);
}

}  // namespace

Matrix<double> target_outputs(MatrixView<const double> targets, Index classes) {
  Matrix<double> out(targets.rows, classes == 0 ? targets.cols : classes);
  for (Index i = 0; i < out.rows(); ++i) {
    for (Index c = 0; c < out.cols(); ++c) {
      out(i, c) = classes == 0                              ? targets(i, c)
                  : targets(i, 0) == static_cast<double>(c) ? 1.0
                                                            : -1.0;
    }
  }
  return out;
}

template <Scalar T>
StandardisedRows<T> standardised(MatrixView<const double> rows, const TrainingFile& file,
                                 const TrainingSummary& summary,
                                 const Standardisation& standardisation) {
  const Index inputs = file.num_inputs();
  StandardisedRows<T> out{
      Matrix<T>(rows.rows, inputs), Matrix<double>(rows.rows, file.num_targets()),
      target_outputs(rows.middle_cols(inputs, file.num_targets()), num_classes(summary))};
  for (Index i = 0; i < rows.rows; ++i) {
    if (const auto column = file.weight_column()) {
      out.weights.push_back(static_cast<T>(rows(i, *column)));
      // Without weight a row is as good as absent, whatever it says: it gets what any fit takes.
      if (rows(i, *column) == 0.0) {
        std::fill_n(out.outputs.row(i), out.outputs.cols(), 0.0);
        continue;
      }
    }
    for (Index c = 0; c < file.num_targets(); ++c) out.targets(i, c) = rows(i, inputs + c);
    standardisation.apply<T>(rows.middle_rows(i, 1).middle_cols(0, inputs),
                             out.x.view().middle_rows(i, 1), i);
  }
  return out;
}

template <Scalar T>
TrainingBlocks<T>::TrainingBlocks(const TrainingFile& file, const TrainingSummary& summary,
                                  const Standardisation& standardisation)
    : file_(file),
      summary_(summary),
      standardisation_(standardisation),
      reader_(reopen(file, summary)),
      block_(io::rows_at_a_time(reader_->cols()), reader_->cols()) {}

template <Scalar T>
Index TrainingBlocks<T>::skip(Index count) {
  Index positive = 0;
  while (count > 0) {
    const Index got = reader_->read(block_.view().middle_rows(0, std::min(block_.rows(), count)));
    if (got == 0) fail_changed(file_);
    for (Index i = 0; i < got; ++i) {
      const auto column = file_.weight_column();
      if (!column || block_(i, *column) > 0.0) ++positive;
    }
    count -= got;
    done_ += got;
  }
  return positive;
}

template <Scalar T>
bool TrainingBlocks<T>::next() {
  const Index got = reader_->read(block_.view());
  done_ += got;
  if (done_ > summary_.rows) fail_changed(file_);
  if (got == 0) {
    if (done_ != summary_.rows || reader_->digest() != summary_.digest) fail_changed(file_);
    return false;
  }
  rows_ = naming_cells(*reader_, [&] {
    return standardised<T>(std::as_const(block_).view().middle_rows(0, got), file_, summary_,
                           standardisation_);
  });
  return true;
}

template <Scalar T>
void TrainingBlocks<T>::name_refused(const FeatureMap<T>& map) const {
  name_refused_row<T>(*reader_, map, rows_.x.view());
}

template <Scalar T>
void name_refused_row(const io::RowReader& reader, const FeatureMap<T>& map,
                      MatrixView<const T> x) {
  Matrix<T> phi(1, map.num_features());
  std::vector<std::int32_t> exponent(1);
  for (Index i = 0; i < x.rows; ++i) {
    try {
      map.apply(Side::query, x.middle_rows(i, 1), {phi.view(), exponent});
    } catch (const InvalidArgument& error) {
      const std::string reason = error.what();
      const std::size_t at = reason.find(" is too long");
      throw FileError(reader.place(i) + ": " +
                      (at == std::string::npos ? reason : "the row" + reason.substr(at)));
    }
  }
}

template <Scalar T>
void name_refused_row(const TrainingFile& file, const TrainingSummary& summary,
                      const Standardisation& standardisation, const FeatureMap<T>& map) {
  TrainingBlocks<T> blocks(file, summary, standardisation);
  while (blocks.next()) blocks.name_refused(map);
}

template StandardisedRows<float> standardised(MatrixView<const double>, const TrainingFile&,
                                              const TrainingSummary&, const Standardisation&);
template StandardisedRows<double> standardised(MatrixView<const double>, const TrainingFile&,
                                               const TrainingSummary&, const Standardisation&);
template class TrainingBlocks<float>;
template class TrainingBlocks<double>;
template void name_refused_row(const io::RowReader&, const FeatureMap<float>&,
                               MatrixView<const float>);
template void name_refused_row(const io::RowReader&, const FeatureMap<double>&,
                               MatrixView<const double>);
template void name_refused_row(const TrainingFile&, const TrainingSummary&, const Standardisation&,
                               const FeatureMap<float>&);
template void name_refused_row(const TrainingFile&, const TrainingSummary&, const Standardisation&,
                               const FeatureMap<double>&);

}  // namespace bochner::pipeline
