// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/attention/state.hpp"
#include "bochner/core/error.hpp"
#include "interface/python/archives.hpp"
#include "interface/python/attention.hpp"
#include "interface/python/interrupt.hpp"
#include "interface/python/maps.hpp"
#include "interface/python/module.hpp"

#include <nanobind/stl/unique_ptr.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>

namespace bochner::python {
namespace {

using Threads = std::optional<int>;

/// Positions first .. first + count - 1 of a tensor.
template <class T>
TensorView<T, 4> part(TensorView<T, 4> tensor, Index first, Index count) {
  tensor.data += first * tensor.stride(2);
  tensor.extents[2] = count;
  return tensor;
}

void add(const AttentionReport& part, AttentionReport& total) {
  total.empty_rows += part.empty_rows;
  total.underflowed_rows += part.underflowed_rows;
  total.negative_rows += part.negative_rows;
  total.nonfinite_rows += part.nonfinite_rows;
  total.arithmetic = part.arithmetic;
}

/// A state of either scalar, for one thread at a time.
class AnyAttentionState {
  using State = std::variant<AttentionState<float>, AttentionState<double>>;

  template <class Body>
  decltype(auto) locked(const Body& body) const {
    const std::lock_guard lock(mutex_);
    return std::visit(body, state_);
  }
  template <class Body>
  decltype(auto) locked(const Body& body) {
    const std::lock_guard lock(mutex_);
    return std::visit(body, state_);
  }

 public:
  AnyAttentionState(const AnyMap& map, Index batch, Index key_heads, Index value_dim, bool single)
      : AnyAttentionState(
            single ? State(AttentionState<float>(map.in<float>(), batch, key_heads, value_dim))
                   : State(AttentionState<double>(map.in<double>(), batch, key_heads, value_dim))) {
  }
  AnyAttentionState(const AnyMap& map, const Archive& archive, bool single)
      : AnyAttentionState(single ? State(AttentionState<float>::load(map.in<float>(), archive))
                                 : State(AttentionState<double>::load(map.in<double>(), archive))) {
  }

  Index length() const {
    return locked([](const auto& state) { return state.length(); });
  }
  std::unique_ptr<AnyAttentionState> copy() const {
    return locked([](const auto& state) { return made(state); });
  }
  std::unique_ptr<AnyAttentionState> select(std::span<const Index> batch) const {
    return locked([&](const auto& state) { return made(state.select(batch)); });
  }
  Archive save() const {
    return locked([](const auto& state) { return state.save(); });
  }
  void reset() {
    locked([](auto& state) { state.reset(); });
  }

  void append(const Input& k, const Input& v, Index chunk, Threads threads) {
    locked([&]<class T>(AttentionState<T>& state) {
      const auto keys = tensor<T>(k);
      const auto values = tensor<T>(v);
      if (values.extent(2) != keys.extent(2)) {
        state.append(keys, values, execution(threads));  // refuses them
        return;
      }
      change(state, keys.extent(2), chunk, [&](AttentionState<T>& to, Index first, Index count) {
        to.append(part(keys, first, count), part(values, first, count), execution(threads));
      });
    });
  }

  AttentionReport attend(const Input& q, const Output& out, Threads threads) const {
    return locked([&]<class T>(const AttentionState<T>& state) {
      return state.attend(tensor<T>(q), tensor<T>(out), interruptible(threads));
    });
  }

  AttentionReport advance(const Input& q, const Input& k, const Input& v, const Output& out,
                          Index chunk, Threads threads) {
    AttentionReport total;
    locked([&]<class T>(AttentionState<T>& state) {
      const AttentionInputs<T> inputs{tensor<T>(q), tensor<T>(k), tensor<T>(v)};
      const auto written = tensor<T>(out);
      const Index rows = inputs.keys.extent(2);
      if (inputs.queries.extent(2) != rows || inputs.values.extent(2) != rows ||
          written.extent(2) != rows) {
        total = state.advance(inputs, written, execution(threads));  // refuses them
        return;
      }
      change(state, rows, chunk, [&](AttentionState<T>& to, Index first, Index count) {
        add(to.advance({part(inputs.queries, first, count), part(inputs.keys, first, count),
                        part(inputs.values, first, count)},
                       part(written, first, count), execution(threads)),
            total);
      });
    });
    return total;
  }

  void merge(const AnyAttentionState& next) {
    const auto merge_in = [&]<class T>(AttentionState<T>& state) {
      const auto* const other = std::get_if<AttentionState<T>>(&next.state_);
      if (other == nullptr) throw nb::type_error("AttentionState.merge: the dtypes differ");
      state.merge(*other);
    };
    if (this == &next) {
      const std::lock_guard lock(mutex_);
      std::visit(merge_in, state_);
    } else {
      const std::scoped_lock lock(mutex_, next.mutex_);
      std::visit(merge_in, state_);
    }
  }

 private:
  explicit AnyAttentionState(State&& state) : state_(std::move(state)) {}

  template <Scalar T>
  static std::unique_ptr<AnyAttentionState> made(AttentionState<T> state) {
    return std::unique_ptr<AnyAttentionState>(new AnyAttentionState(State(std::move(state))));
  }

  /// take(state, first, count) for all `rows`, which come at once where they are few. Otherwise a
  /// copy takes them in, a chunk at a time with a look at signals after each, and becomes the state
  /// in the end: all rows or none.
  template <Scalar T, class Take>
  static void change(AttentionState<T>& state, Index rows, Index chunk, const Take& take) {
    if (rows <= chunk) {
      take(state, 0, rows);
      return;
    }
    AttentionState<T> next = state;
    const SignalPoll poll;
    try {
      for (Index first = 0; first < rows; first += chunk) {
        take(next, first, std::min(chunk, rows - first));
        poll();
      }
    } catch (const InvalidArgument&) {
      next = state;
      take(next, 0, rows);  // names the row as the caller counts
      throw;
    }
    state = std::move(next);
  }

  mutable std::mutex mutex_;
  State state_;
};

using Unlocked = nb::call_guard<nb::gil_scoped_release>;

}  // namespace

void define_attention_state(nb::module_& m) {
  using S = AnyAttentionState;
  nb::class_<S>(m, "AttentionState")
      .def(nb::init<const AnyMap&, Index, Index, Index, bool>(), nb::arg("map"), nb::arg("batch"),
           nb::arg("key_heads"), nb::arg("value_dim"), nb::arg("single"), Unlocked())
      .def_static(
          "load",
          [](const AnyMap& map, nb::handle words, nb::handle arrays, bool single) {
            const Archive archive = to_archive(words, arrays);
            const nb::gil_scoped_release release;
            return std::make_unique<S>(map, archive, single);
          },
          nb::arg("map"), nb::arg("words"), nb::arg("arrays"), nb::arg("single"))
      .def("save",
           [](const S& state) {
             return to_python([&] {
               const nb::gil_scoped_release release;
               return state.save();
             }());
           })
      .def("length", &S::length, Unlocked())
      .def("copy", &S::copy, Unlocked())
      .def(
          "select",
          [](const S& state, const Input& batch) {
            const std::span<const Index> entries = vector<Index>(batch);
            const nb::gil_scoped_release release;
            return state.select(entries);
          },
          nb::arg("batch"))
      .def("reset", &S::reset, Unlocked())
      .def("merge", &S::merge, nb::arg("other"), Unlocked())
      .def("append", &S::append, nb::arg("keys"), nb::arg("values"), nb::arg("chunk"),
           nb::arg("num_threads").none(), Unlocked())
      .def(
          "attend",
          [](const S& state, const Input& q, const Output& out, Threads threads) {
            return to_dict([&] {
              const nb::gil_scoped_release release;
              return state.attend(q, out, threads);
            }());
          },
          nb::arg("queries"), nb::arg("out"), nb::arg("num_threads").none())
      .def(
          "advance",
          [](S& state, const Input& q, const Input& k, const Input& v, const Output& out,
             Index chunk, Threads threads) {
            return to_dict([&] {
              const nb::gil_scoped_release release;
              return state.advance(q, k, v, out, chunk, threads);
            }());
          },
          nb::arg("queries"), nb::arg("keys"), nb::arg("values"), nb::arg("out"), nb::arg("chunk"),
          nb::arg("num_threads").none());
}

}  // namespace bochner::python
