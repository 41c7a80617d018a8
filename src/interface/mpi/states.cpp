// SPDX-License-Identifier: Apache-2.0
#include "bochner/mpi/states.hpp"

#include "bochner/io/archive.hpp"
#include "bochner/version.hpp"
#include "interface/mpi/communicator.hpp"

#include <exception>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace bochner::mpi {
namespace {

template <Scalar T>
Bytes packed(const NormalEquations<T>& state) {
  return io::to_bytes(state.save());
}
template <Scalar T>
Bytes packed(const AttentionState<T>& state) {
  return io::to_bytes(state.save());
}

template <Scalar T>
NormalEquations<T> unpacked(const NormalEquations<T>& like, const Bytes& bytes) {
  return NormalEquations<T>::load(like.map(), io::parse_archive(bytes));
}

template <Scalar T>
FeatureMap<T> drawn(const std::string& spec) {
  return FeatureMap<T>(parse_spec(spec));
}

/// The maps of an archive of attention: one, or one for each key head.
template <Scalar T>
std::vector<FeatureMap<T>> maps_of(const Archive& archive) {
  std::vector<FeatureMap<T>> maps;
  for (Index h = 0; h < archive.count("key_heads"); ++h) {
    maps.push_back(drawn<T>(archive.word("map_" + std::to_string(h))));
  }
  return maps;
}

template <Scalar T>
AttentionState<T> unpacked(const AttentionState<T>&, const Bytes& bytes) {
  const Archive archive = io::parse_archive(bytes);
  if (archive.metadata.contains("map")) {
    return AttentionState<T>::load(drawn<T>(archive.word("map")), archive);
  }
  return AttentionState<T>::load(std::span<const FeatureMap<T>>(maps_of<T>(archive)), archive);
}

/// A state that is merged step by step, on a rank for whose bytes others wait whatever happens: of
/// one that has failed there are none.
template <class State>
class Merging {
 public:
  explicit Merging(const State& state) : Merging(state, [&] { return state; }) {}
  /// Begins with what `first` makes.
  template <class First>
  Merging(const State& like, const First& first) : like_(like) {
    attempt([&] { state_.emplace(first()); });
  }

  Bytes bytes() {
    Bytes out;
    attempt([&] { out = packed(*state_); });
    return out;
  }
  void merge_later(const Bytes& bytes) {
    attempt([&] {
      if (!bytes.empty()) state_->merge(unpacked(like_, bytes));
    });
  }
  void merge_earlier(const Bytes& bytes) {
    attempt([&] {
      if (bytes.empty()) return;
      State earlier = unpacked(like_, bytes);
      earlier.merge(*state_);
      state_ = std::move(earlier);
    });
  }
  void replace(const Bytes& bytes) {
    attempt([&] { state_ = unpacked(like_, bytes); });
  }
  /// Throws on all ranks what was thrown on one.
  State done(std::string_view function, const Communicator& ranks) {
    ranks.together(function, [&] {
      if (failure_) std::rethrow_exception(failure_);
    });
    return std::move(*state_);
  }

 private:
  template <class Work>
  void attempt(const Work& work) {
    if (failure_) return;
    try {
      work();
    } catch (const std::exception&) {
      failure_ = std::current_exception();
    }
  }

  const State& like_;
  std::optional<State> state_;
  std::exception_ptr failure_;
};

template <Scalar T>
std::string spec_of(const NormalEquations<T>& state) {
  return to_text(state.map().spec());
}
template <Scalar T>
std::string spec_of(const AttentionState<T>& state) {
  std::string out;
  for (const auto& [name, word] : state.save().metadata) {
    if (name.starts_with("map")) out += (out.empty() ? "" : ", ") + word;
  }
  return out;
}

/// What must be known to be alike before states meet; the rest is seen when they are merged.
template <class State>
void require_same(std::string_view function, const Communicator& ranks, const State& state) {
  ranks.require_same(function, "the library", std::string("bochner ") + version_string());
  std::string spec;
  ranks.together(function, [&] { spec = spec_of(state); });
  ranks.require_same(function, "the map", spec);
}

/// Merges the states of all ranks into that of rank 0; the others keep parts.
template <class State>
void merge_in_order(const Communicator& ranks, Merging<State>& state) {
  for (int step = 1; step < ranks.size(); step *= 2) {
    if (ranks.rank() % (2 * step) != 0) {
      ranks.exchange(state.bytes(), ranks.rank() - step, std::nullopt);
      return;
    }
    if (ranks.rank() + step < ranks.size()) {
      state.merge_later(ranks.exchange({}, std::nullopt, ranks.rank() + step));
    }
  }
}

template <class State>
State allreduced(const State& state, MPI_Comm comm) {
  constexpr std::string_view kFunction = "allreduce";
  const Communicator ranks(kFunction, comm);
  require_same(kFunction, ranks, state);
  Merging<State> merging(state);
  merge_in_order(ranks, merging);
  const State total = merging.done(kFunction, ranks);
  Merging<State> merged(total);
  Bytes bytes;
  if (ranks.rank() == 0) bytes = merged.bytes();
  ranks.broadcast(bytes);
  merged.replace(bytes);
  return merged.done(kFunction, ranks);
}

}  // namespace

template <Scalar T>
std::optional<NormalEquations<T>> reduce(const NormalEquations<T>& state, MPI_Comm comm) {
  constexpr std::string_view kFunction = "reduce";
  const Communicator ranks(kFunction, comm);
  require_same(kFunction, ranks, state);
  Merging<NormalEquations<T>> merging(state);
  merge_in_order(ranks, merging);
  NormalEquations<T> merged = merging.done(kFunction, ranks);
  if (ranks.rank() != 0) return std::nullopt;
  return merged;
}

template <Scalar T>
NormalEquations<T> allreduce(const NormalEquations<T>& state, MPI_Comm comm) {
  return allreduced(state, comm);
}

template <Scalar T>
AttentionState<T> allreduce(const AttentionState<T>& state, MPI_Comm comm) {
  return allreduced(state, comm);
}

template <Scalar T>
AttentionState<T> earlier(const AttentionState<T>& state, MPI_Comm comm) {
  constexpr std::string_view kFunction = "earlier";
  const Communicator ranks(kFunction, comm);
  require_same(kFunction, ranks, state);
  Merging<AttentionState<T>> through(state);
  Merging<AttentionState<T>> before(state, [&] {
    AttentionState<T> nothing = state;
    nothing.reset();
    return nothing;
  });
  for (int step = 1; step < ranks.size(); step *= 2) {
    const auto rank_at = [&](int r) {
      return r >= 0 && r < ranks.size() ? std::optional<int>(r) : std::nullopt;
    };
    const std::optional<int> to = rank_at(ranks.rank() + step);
    const std::optional<int> source = rank_at(ranks.rank() - step);
    const Bytes came = ranks.exchange(to ? through.bytes() : Bytes{}, to, source);
    if (!source) continue;
    before.merge_earlier(came);
    through.merge_earlier(came);
  }
  through.done(kFunction, ranks);
  return before.done(kFunction, ranks);
}

template std::optional<NormalEquations<float>> reduce(const NormalEquations<float>&, MPI_Comm);
template std::optional<NormalEquations<double>> reduce(const NormalEquations<double>&, MPI_Comm);
template NormalEquations<float> allreduce(const NormalEquations<float>&, MPI_Comm);
template NormalEquations<double> allreduce(const NormalEquations<double>&, MPI_Comm);
template AttentionState<float> allreduce(const AttentionState<float>&, MPI_Comm);
template AttentionState<double> allreduce(const AttentionState<double>&, MPI_Comm);
template AttentionState<float> earlier(const AttentionState<float>&, MPI_Comm);
template AttentionState<double> earlier(const AttentionState<double>&, MPI_Comm);

}  // namespace bochner::mpi
