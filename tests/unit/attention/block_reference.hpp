// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mixed_reference.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

/// \file
/// Which blocks of keys are weighed exactly, and what the means of the others weigh, from their
/// definitions.

namespace bochner::testing {

/// What rows are multiplied by: the root of a softmax kernel's scale, or one over the lengthscale
/// of a Gaussian kernel.
inline long double row_scale(const Kernel& kernel) {
  if (const auto* softmax = std::get_if<SoftmaxKernel>(&kernel)) {
    return std::sqrt(static_cast<long double>(softmax->scale));
  }
  return 1.0L / std::get<Isotropic>(std::get<GaussianKernel>(kernel).metric).lengthscale;
}

/// log of the sum of the kernel over a block of keys, to second order, straight from its words.
template <class T>
long double log_mass(const Kernel& kernel, const Qkv<T>& x, Index i, Index first, Index end) {
  const bool softmax = std::holds_alternative<SoftmaxKernel>(kernel);
  const long double scale = row_scale(kernel);
  const auto n = static_cast<long double>(end - first);
  long double sum = std::log(n);
  for (Index c = 0; c < x.k.extents[3]; ++c) {
    const long double q = scale * x.q(0, 0, i, c);
    long double mean = 0.0L;
    long double variance = 0.0L;
    for (Index j = first; j < end; ++j) mean += scale * x.k(0, 0, j, c) / n;
    for (Index j = first; j < end; ++j) {
      variance += std::pow(scale * x.k(0, 0, j, c) - mean, 2) / n;
    }
    sum += softmax ? q * mean + 0.5L * q * q * variance
                   : -0.5L * (q - mean) * (q - mean) + 0.5L * (q - mean) * (q - mean) * variance -
                         0.5L * variance;
  }
  return sum;
}

/// For each block of queries its blocks of exactly weighed keys, for one head without masked keys
/// in the order given.
template <class T>
std::vector<std::set<Index>> choices(const Kernel& kernel, const Qkv<T>& x,
                                     const AttentionOptions& options) {
  const ExactPairs& exact = options.exact;
  const bool causal = options.mask == Mask::causal;
  const Index keys = x.k.extents[2];
  const Index queries = x.q.extents[2];
  const Index width = exact.blocks.key_rows;
  const Index blocks = (keys + width - 1) / width;
  std::vector<std::set<Index>> out;
  for (Index first = 0; first < queries; first += exact.blocks.query_rows) {
    const Index end = std::min(first + exact.blocks.query_rows, queries);
    std::set<Index> chosen;
    std::vector<std::pair<long double, Index>> mass;
    for (Index b = 0; b < blocks; ++b) {
      const Index last_key = std::min((b + 1) * width, keys) - 1;
      const bool whole = !causal || last_key <= first + options.query_offset;
      if (whole) mass.push_back({0.0L, b});
      if (!whole) chosen.insert(b);
      for (Index j = b * width; j <= last_key; ++j) {
        for (Index i = first; i < end; ++i) {
          if (j < exact.first_keys || std::abs(i + options.query_offset - j) < exact.window) {
            chosen.insert(b);
          }
        }
      }
    }
    for (Index i = first; i < (causal ? first + 1 : end) && !mass.empty(); ++i) {
      std::vector<long double> logs;
      for (const auto& [_, b] : mass) {
        logs.push_back(log_mass(kernel, x, i, b * width, std::min((b + 1) * width, keys)));
      }
      const long double top = *std::max_element(logs.begin(), logs.end());
      long double sum = 0.0L;
      for (const long double l : logs) sum += std::exp(l - top);
      for (std::size_t b = 0; b < logs.size(); ++b) mass[b].first += std::exp(logs[b] - top) / sum;
    }
    std::sort(mass.begin(), mass.end(),
              [](const auto& a, const auto& b) { return a.first > b.first; });
    for (std::size_t k = 0; k < mass.size() && static_cast<Index>(k) < exact.blocks.count; ++k) {
      chosen.insert(mass[k].second);
    }
    out.push_back(std::move(chosen));
  }
  return out;
}

inline const std::vector<ExactPairs>& some_blocks() {
  static const std::vector<ExactPairs> pairs{
      {.blocks = {.count = 1}},
      {.blocks = {.count = 3, .query_rows = 32, .key_rows = 16}},
      {.blocks = {.count = 2, .query_rows = 16, .key_rows = 64}},
      {.window = 20, .first_keys = 2, .blocks = {.count = 2}},
      {.window = 5, .blocks = {.count = 0, .query_rows = 64, .key_rows = 32}},
      {.blocks = {.count = 100}}};
  return pairs;
}

}  // namespace bochner::testing
