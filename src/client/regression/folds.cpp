// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/regression/folds.hpp"

#include "core/door.hpp"
#include "random/permutation.hpp"

#include <algorithm>
#include <numeric>
#include <string>

namespace bochner {
namespace {

void require_count(const Door& door, Index count, Index available, const std::string& what) {
  door.at_least("the number of " + what, available, 2);
  if (count >= 2 && count <= available) return;
  door.refuse("count", std::to_string(count),
              "from 2 to the " + std::to_string(available) + " " + what + " there are");
}

}  // namespace

Folds row_folds(Index num_rows, Index count, Seed seed) {
  require_count(Door("row_folds"), count, num_rows, "rows");
  Folds folds{.count = count, .fold = {}, .unit = {}, .num_units = num_rows};
  folds.fold.resize(static_cast<std::size_t>(num_rows));
  folds.unit.resize(static_cast<std::size_t>(num_rows));
  std::iota(folds.unit.begin(), folds.unit.end(), Index{0});
  Index dealt = 0;
  for (const Index row : random_permutation(Stream(seed, Purpose::permutation), num_rows)) {
    folds.fold[static_cast<std::size_t>(row)] = dealt++ % count;
  }
  return folds;
}

Folds group_folds(std::span<const Index> groups, Index count, Seed seed) {
  std::vector<Index> labels(groups.begin(), groups.end());
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  const auto num_groups = static_cast<Index>(labels.size());
  require_count(Door("group_folds"), count, num_groups, "groups");

  Folds folds{.count = count, .fold = {}, .unit = {}, .num_units = num_groups};
  std::vector<Index> size(labels.size());
  for (const Index label : groups) {
    const auto at = std::lower_bound(labels.begin(), labels.end(), label) - labels.begin();
    folds.unit.push_back(at);
    ++size[static_cast<std::size_t>(at)];
  }
  std::vector<Index> rows(static_cast<std::size_t>(count));
  std::vector<Index> fold_of(labels.size());
  for (const Index group : random_permutation(Stream(seed, Purpose::permutation), num_groups)) {
    const auto smallest = std::min_element(rows.begin(), rows.end());
    *smallest += size[static_cast<std::size_t>(group)];
    fold_of[static_cast<std::size_t>(group)] = smallest - rows.begin();
  }
  for (const Index group : folds.unit) {
    folds.fold.push_back(fold_of[static_cast<std::size_t>(group)]);
  }
  return folds;
}

}  // namespace bochner
