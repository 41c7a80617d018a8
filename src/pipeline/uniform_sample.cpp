// SPDX-License-Identifier: Apache-2.0
#include "pipeline/uniform_sample.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace bochner::pipeline {
namespace {

template <class Offer>
Matrix<double> drawn(MatrixView<const double> rows, Index most, Seed seed, const Offer& offer) {
  UniformSample sample(rows.cols, most, seed);
  std::vector<double> row(static_cast<std::size_t>(rows.cols));
  for (Index i = 0; i < rows.rows; ++i) {
    for (Index c = 0; c < rows.cols; ++c) row[static_cast<std::size_t>(c)] = rows(i, c);
    offer(sample, row.data());
  }
  return sample.rows();
}

}  // namespace

UniformSample::UniformSample(Index cols, Index most, Seed seed)
    : cols_(cols), keys_(seed, Purpose::study), all_{most} {}

void UniformSample::Reservoir::offer(Entry entry, const double* row, Index cols) {
  if (static_cast<Index>(heap.size()) < most) {
    entry.slot = static_cast<Index>(heap.size());
    values.insert(values.end(), row, row + cols);
  } else {
    if (!(entry < heap.front())) return;
    std::pop_heap(heap.begin(), heap.end());
    entry.slot = heap.back().slot;
    heap.pop_back();
    std::copy_n(row, cols, values.begin() + entry.slot * cols);
  }
  heap.push_back(entry);
  std::push_heap(heap.begin(), heap.end());
}

void UniformSample::Reservoir::shrink(Index count, Index cols) {
  most = count;
  if (static_cast<Index>(heap.size()) <= count) return;
  std::sort_heap(heap.begin(), heap.end());
  heap.resize(static_cast<std::size_t>(count));
  std::vector<double> kept;
  kept.reserve(static_cast<std::size_t>(count * cols));
  for (Index i = 0; i < count; ++i) {
    Entry& entry = heap[static_cast<std::size_t>(i)];
    const auto first = values.begin() + entry.slot * cols;
    kept.insert(kept.end(), first, first + cols);
    entry.slot = i;
  }
  values = std::move(kept);
  std::make_heap(heap.begin(), heap.end());
}

void UniformSample::offer(const double* row) {
  const Entry entry{keys_.bits(static_cast<std::uint64_t>(offered_)), offered_, 0};
  ++offered_;
  all_.offer(entry, row, cols_);
}

void UniformSample::offer(const double* row, Index stratum) {
  const Entry entry{keys_.bits(static_cast<std::uint64_t>(offered_)), offered_, 0};
  const auto [found, fresh] = strata_.try_emplace(stratum, Reservoir{due_});
  const Index due = std::clamp(all_.most / static_cast<Index>(strata_.size()), kFewest, kLeast);
  if (fresh && due < due_) {
    due_ = due;
    for (auto& [number, reservoir] : strata_) reservoir.shrink(due, cols_);
  }
  found->second.offer(entry, row, cols_);
  offer(row);
}

Matrix<double> UniformSample::rows() const {
  std::map<Index, const double*> kept;
  const auto add = [&](const Reservoir& reservoir) {
    for (const Entry& entry : reservoir.heap) {
      kept.emplace(entry.number, reservoir.values.data() + entry.slot * cols_);
    }
  };
  add(all_);
  for (const auto& [stratum, reservoir] : strata_) add(reservoir);
  Matrix<double> out(static_cast<Index>(kept.size()), cols_);
  Index i = 0;
  for (const auto& [number, values] : kept) std::copy_n(values, cols_, out.row(i++));
  return out;
}

Matrix<double> drawn_rows(MatrixView<const double> rows, Index most, Seed seed) {
  return drawn(rows, most, seed,
               [](UniformSample& sample, const double* row) { sample.offer(row); });
}

Matrix<double> drawn_rows(MatrixView<const double> rows, Index most, Seed seed, Index strata) {
  return drawn(rows, most, seed, [strata](UniformSample& sample, const double* row) {
    sample.offer(row, static_cast<Index>(row[strata]));
  });
}

}  // namespace bochner::pipeline
