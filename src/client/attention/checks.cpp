// SPDX-License-Identifier: Apache-2.0
#include "client/attention/checks.hpp"

#include "core/checked.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace bochner::attention_internals {

void require_addressable(const Door& door, std::string_view name,
                         const std::array<Index, 4>& extents) {
  std::optional<Index> product = 1;
  for (const Index extent : extents) {
    if (extent < 0) door.refuse(name, to_text(extents), "none below 0");
    if (product) product = checked_product(*product, std::max<Index>(extent, 1));
  }
  if (!product)
    door.refuse(std::string(name) + " is " + to_text(extents) + ", too large to address");
}

void require_output(const Door& door, std::string_view name, const MemoryGrid& out,
                    const std::array<Index, 4>& extents, const InputGrids& inputs) {
  door.shape(name, out.extents, extents);
  const bool empty = std::find(extents.begin(), extents.end(), 0) != extents.end();
  for (std::size_t axis = 0; axis < 4 && !empty; ++axis) {
    if (out.extents[axis] > 1 && out.strides[axis] == 0) {
      door.refuse(std::string(name) + " has stride 0 along axis " + std::to_string(axis) +
                  ": its elements would share memory");
    }
  }
  if (overlaps_itself(out)) {
    door.refuse(std::string(name) + " has strides that give two elements one place");
  }
  const auto& [queries, keys, values] = inputs;
  door.apart(name, out, "queries", queries)
      .apart(name, out, "keys", keys)
      .apart(name, out, "values", values);
}

template <Scalar T>
void require_errors(const Door& door, const AttentionInputs<T>& inputs, const TensorView<T, 4>& out,
                    const TensorView<T, 4>& standard_error) {
  const auto& q = inputs.queries;
  std::array<Index, 4> extents{q.extent(0), q.extent(1), q.extent(2), inputs.values.extent(3)};
  require_output(door, "out", out, extents, inputs);
  if (standard_error.extent(3) == 1) extents[3] = 1;
  require_output(door, "standard_error", standard_error, extents, inputs);
  door.apart("standard_error", memory_grid(standard_error), "out", memory_grid(out));
}

template <Scalar T>
void require_rows(const Door& door, const TensorView<const T, 4>& queries,
                  const TensorView<const T, 4>& keys, std::span<const AttentionRow> rows,
                  const MatrixView<T>& out) {
  const auto count = static_cast<Index>(rows.size());
  door.shape("out", out, count, keys.extent(2), "rows x keys");
  for (Index r = 0; r < count; ++r) {
    const AttentionRow& row = rows[static_cast<std::size_t>(r)];
    const auto inside = [&](Index position, int axis) {
      return position >= 0 && position < queries.extent(axis);
    };
    if (inside(row.batch, 0) && inside(row.head, 1) && inside(row.query, 2)) continue;
    door.refuse("rows[" + std::to_string(r) + "] is batch " + std::to_string(row.batch) +
                ", head " + std::to_string(row.head) + ", query " + std::to_string(row.query) +
                ", expected below " + std::to_string(queries.extent(0)) + ", " +
                std::to_string(queries.extent(1)) + " and " + std::to_string(queries.extent(2)));
  }
}

template <Scalar T>
void require_gradients(const Door& door, const AttentionInputs<T>& inputs,
                       const TensorView<const T, 4>& out,
                       const TensorView<const T, 4>& out_gradient,
                       const AttentionGradients<T>& gradients, const AttentionOptions& options) {
  const auto& q = inputs.queries;
  const std::array<Index, 4> extents{q.extent(0), q.extent(1), q.extent(2),
                                     inputs.values.extent(3)};
  door.shape("out", out.extents, extents).shape("out_gradient", out_gradient.extents, extents);
  std::vector<std::pair<const char*, MemoryGrid>> tensors;
  const auto require = [&](const char* name, const TensorView<T, 4>& gradient,
                           const std::array<Index, 4>& shape) {
    if (!wanted(gradient)) return;
    require_output(door, name, gradient, shape, inputs);
    tensors.emplace_back(name, memory_grid(gradient));
  };
  require("gradients.queries", gradients.queries, q.extents);
  require("gradients.keys", gradients.keys, inputs.keys.extents);
  require("gradients.values", gradients.values, inputs.values.extents);
  if (wanted(gradients.gates)) {
    if (!wanted(options.gates)) door.refuse("gradients.gates is given without gates");
    const auto as_four = []<class G>(const TensorView<G, 3>& x) {
      return TensorView<G, 4>(x.data, {1, x.extent(0), x.extent(1), x.extent(2)},
                              {0, x.stride(0), x.stride(1), x.stride(2)});
    };
    const MemoryGrid grid = memory_grid(as_four(gradients.gates));
    const MemoryGrid gates = memory_grid(as_four(options.gates));
    require_output(door, "gradients.gates", grid, gates.extents,
                   {memory_grid(q), memory_grid(inputs.keys), memory_grid(inputs.values)});
    door.apart("gradients.gates", grid, "gates", gates);
    tensors.emplace_back("gradients.gates", grid);
  }
  const std::size_t written = tensors.size();
  tensors.emplace_back("out", memory_grid(out));
  tensors.emplace_back("out_gradient", memory_grid(out_gradient));
  for (std::size_t i = 0; i < written; ++i) {
    for (std::size_t j = i + 1; j < tensors.size(); ++j) {
      door.apart(tensors[i].first, tensors[i].second, tensors[j].first, tensors[j].second);
    }
  }
}

void require_as_many(const Door& door, Index queries, Index keys) {
  if (queries == keys) return;
  door.refuse("there are " + std::to_string(queries) + " queries and " + std::to_string(keys) +
              " keys, expected as many");
}

std::string row_name(std::string_view argument, Index batch, Index head, Index row) {
  return std::string(argument) + ": batch " + std::to_string(batch) + ", head " +
         std::to_string(head) + ", row " + std::to_string(row);
}

RefusedRow::RefusedRow(const Door& door, const Place& place, const std::string& reason)
    : InvalidArgument(
          door.message(row_name(place.argument, place.batch, place.head, place.row) + reason)),
      door_(door),
      place_(place),
      reason_(reason) {}

RefusedRow RefusedRow::moved(const PartOffset& part) const {
  const Index head = place_.argument == "queries" ? part.query_head : part.key_head;
  return {door_,
          {place_.argument, place_.batch + part.batch, place_.head + head, place_.row + part.row},
          reason_};
}

template void require_gradients<float>(const Door&, const AttentionInputs<float>&,
                                       const TensorView<const float, 4>&,
                                       const TensorView<const float, 4>&,
                                       const AttentionGradients<float>&, const AttentionOptions&);
template void require_gradients<double>(const Door&, const AttentionInputs<double>&,
                                        const TensorView<const double, 4>&,
                                        const TensorView<const double, 4>&,
                                        const AttentionGradients<double>&, const AttentionOptions&);
template void require_errors<float>(const Door&, const AttentionInputs<float>&,
                                    const TensorView<float, 4>&, const TensorView<float, 4>&);
template void require_rows<float>(const Door&, const TensorView<const float, 4>&,
                                  const TensorView<const float, 4>&, std::span<const AttentionRow>,
                                  const MatrixView<float>&);
template void require_errors<double>(const Door&, const AttentionInputs<double>&,
                                     const TensorView<double, 4>&, const TensorView<double, 4>&);
template void require_rows<double>(const Door&, const TensorView<const double, 4>&,
                                   const TensorView<const double, 4>&,
                                   std::span<const AttentionRow>, const MatrixView<double>&);

}  // namespace bochner::attention_internals
