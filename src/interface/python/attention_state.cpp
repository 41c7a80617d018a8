// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/attention/narrow.hpp"
#include "bochner/client/attention/state.hpp"
#include "bochner/core/error.hpp"
#include "interface/python/archives.hpp"
#include "interface/python/attention.hpp"
#include "interface/python/guarded.hpp"
#include "interface/python/interrupt.hpp"
#include "interface/python/module.hpp"
#include "interface/python/stored_arrays.hpp"

#include <nanobind/stl/unique_ptr.h>

#include <algorithm>
#include <concepts>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace bochner::python {
namespace {

using Threads = std::optional<int>;

LiveKeys live_keys(const Maybe& key_mask, const Maybe& key_lengths, const Maybe& gates) {
  LiveKeys live;
  if (key_mask) live.key_mask = matrix<bool>(*key_mask);
  live.key_lengths = positions(key_lengths);
  live.gates = gates_or_none(gates);
  return live;
}

/// body.operator()<N>() for what an array holds that a state of T takes in: T, or numbers of 16
/// bits if that is float.
template <Scalar T, class Body>
decltype(auto) with_stored(const Input& array, const Body& body) {
  if constexpr (std::same_as<T, float>) {
    if (array.dtype() == nb::dtype<Half>()) return body.template operator()<Half>();
    if (array.dtype() == nb::dtype<BFloat16>()) return body.template operator()<BFloat16>();
  }
  return body.template operator()<T>();
}

/// A state of either scalar, for one thread at a time.
class AnyAttentionState {
  using State = std::variant<AttentionState<float>, AttentionState<double>>;

  template <class Make>
  static State in_scalar(bool single, const Make& make) {
    return single ? make.template operator()<float>() : make.template operator()<double>();
  }
  template <class Body>
  decltype(auto) look(const Body& body) const {
    return state_.look([&](const State& held) { return std::visit(body, held); });
  }
  template <class Body>
  decltype(auto) change(const Body& body) {
    return state_.change([&](State& held) { return std::visit(body, held); });
  }

 public:
  AnyAttentionState(const Maps& maps, Index batch, Index key_heads, Index value_dim, bool single,
                    Index window, Index first_keys, const std::string& rest,
                    const std::vector<double>& decay)
      : AnyAttentionState(in_scalar(single, [&]<class T>() {
          const AttentionStateOptions options{window, first_keys, choice<Rest>("rest", rest),
                                              decay};
          return with_maps<T>(maps, [&](const auto& each) {
            return State(AttentionState<T>(each, batch, key_heads, value_dim, options));
          });
        })) {}
  AnyAttentionState(const Maps& maps, const Archive& archive, bool single)
      : AnyAttentionState(in_scalar(single, [&]<class T>() {
          return with_maps<T>(maps, [&](const auto& each) {
            return State(AttentionState<T>::load(each, archive));
          });
        })) {}

  Index length() const {
    return look([](const auto& state) { return state.length(); });
  }
  std::vector<Index> lengths() const {
    return look([](const auto& state) { return state.lengths(); });
  }
  std::unique_ptr<AnyAttentionState> copy() const {
    return look([](const auto& state) { return made(state); });
  }
  std::unique_ptr<AnyAttentionState> select(std::span<const Index> batch) const {
    return look([&](const auto& state) { return made(state.select(batch)); });
  }
  Archive save() const {
    return look([](const auto& state) { return state.save(); });
  }
  void reset() {
    change([](auto& state) { state.reset(); });
  }

  void append(const Input& k, const Input& v, const Maybe& key_mask, const Maybe& key_lengths,
              const Maybe& gates, Index chunk, Threads threads) {
    change([&]<class T>(AttentionState<T>& state) {
      with_stored<T>(k, [&]<class N>() {
        const auto keys = tensor<N>(k);
        take(state, keys.extent(2), chunk, threads,
             [&](AttentionState<T>& to, const Execution& how) {
               const LiveKeys live = live_keys(key_mask, key_lengths, gates);
               if constexpr (Narrow<N>) {
                 bochner::append<N>(to, keys, tensor<N>(v), live, how);
               } else {
                 to.append(keys, tensor<N>(v), live, how);
               }
             });
      });
    });
  }

  AttentionReport attend(const Input& q, const Output& out, Threads threads) const {
    return look([&]<class T>(const AttentionState<T>& state) {
      return with_stored<T>(q, [&]<class N>() {
        return with_output<N>(out, [&](const auto& written) {
          if constexpr (Narrow<N>) {
            return bochner::attend(state, tensor<N>(q), written, interruptible(threads));
          } else {
            return state.attend(tensor<N>(q), written, interruptible(threads));
          }
        });
      });
    });
  }

  AttentionReport advance(const Input& q, const Input& k, const Input& v, const Output& out,
                          const Maybe& key_mask, const Maybe& key_lengths, const Maybe& gates,
                          Index chunk, Threads threads) {
    AttentionReport report;
    change([&]<class T>(AttentionState<T>& state) {
      with_stored<T>(q, [&]<class N>() {
        const AttentionInputs<N> inputs{tensor<N>(q), tensor<N>(k), tensor<N>(v)};
        take(state, inputs.keys.extent(2), chunk, threads,
             [&](AttentionState<T>& to, const Execution& how) {
               const LiveKeys live = live_keys(key_mask, key_lengths, gates);
               report = with_output<N>(out, [&](const auto& written) {
                 if constexpr (Narrow<N>) {
                   return bochner::advance(to, inputs, written, live, how);
                 } else {
                   return to.advance(inputs, written, live, how);
                 }
               });
             });
      });
    });
    return report;
  }

  void merge(const AnyAttentionState& next) {
    state_.change_by(next.state_, [](State& held, const State& others) {
      std::visit(
          []<class T, class U>(AttentionState<T>& state, const AttentionState<U>& other) {
            if constexpr (std::same_as<T, U>) {
              state.merge(other);
            } else {
              throw nb::type_error("AttentionState.merge: the dtypes differ");
            }
          },
          held, others);
    });
  }

 private:
  explicit AnyAttentionState(State&& state) : state_("AttentionState", std::move(state)) {}

  template <Scalar T>
  static std::unique_ptr<AnyAttentionState> made(AttentionState<T> state) {
    return std::unique_ptr<AnyAttentionState>(new AnyAttentionState(State(std::move(state))));
  }

  /// take(state, execution). More than `chunk` rows can be interrupted, which costs a copy of the
  /// state: it has taken in all of them then, or none.
  template <Scalar T, class Take>
  static void take(AttentionState<T>& state, Index rows, Index chunk, Threads threads,
                   const Take& take_in) {
    if (rows <= chunk) {
      take_in(state, execution(threads));
      return;
    }
    AttentionState<T> next = state;
    take_in(next, interruptible(threads));
    state = std::move(next);
  }

  Guarded<State> state_;
};

using Unlocked = nb::call_guard<nb::gil_scoped_release>;

}  // namespace

void define_attention_state(nb::module_& m) {
  using S = AnyAttentionState;
  nb::class_<S>(m, "AttentionState")
      .def(nb::init<const Maps&, Index, Index, Index, bool, Index, Index, const std::string&,
                    const std::vector<double>&>(),
           nb::arg("maps"), nb::arg("batch"), nb::arg("key_heads"), nb::arg("value_dim"),
           nb::arg("single"), nb::arg("window"), nb::arg("first_keys"), nb::arg("rest"),
           nb::arg("decay"), Unlocked())
      .def_static(
          "load",
          [](const Maps& maps, nb::handle words, nb::handle arrays, bool single) {
            const Archive archive = to_archive(words, arrays);
            const nb::gil_scoped_release release;
            return std::make_unique<S>(maps, archive, single);
          },
          nb::arg("maps"), nb::arg("words"), nb::arg("arrays"), nb::arg("single"))
      .def("save",
           [](const S& state) {
             return to_python([&] {
               const nb::gil_scoped_release release;
               return state.save();
             }());
           })
      .def("length", &S::length, Unlocked())
      .def("lengths", &S::lengths, Unlocked())
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
      .def("append", &S::append, nb::arg("keys"), nb::arg("values"), nb::arg("key_mask").none(),
           nb::arg("key_lengths").none(), nb::arg("gates").none(), nb::arg("chunk"),
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
             const Maybe& key_mask, const Maybe& key_lengths, const Maybe& gates, Index chunk,
             Threads threads) {
            return to_dict([&] {
              const nb::gil_scoped_release release;
              return state.advance(q, k, v, out, key_mask, key_lengths, gates, chunk, threads);
            }());
          },
          nb::arg("queries"), nb::arg("keys"), nb::arg("values"), nb::arg("out"),
          nb::arg("key_mask").none(), nb::arg("key_lengths").none(), nb::arg("gates").none(),
          nb::arg("chunk"), nb::arg("num_threads").none());
}

}  // namespace bochner::python
