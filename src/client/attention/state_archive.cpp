// SPDX-License-Identifier: Apache-2.0
#include "client/attention/state_impl.hpp"
#include "core/archive_entries.hpp"
#include "core/checked.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <functional>
#include <map>
#include <string>
#include <type_traits>
#include <variant>

namespace bochner {

using namespace attention_internals;

namespace {

constexpr Door kLoad("AttentionState::load");
constexpr const char* kStateKind = "attention_state";
constexpr Index kLargestValueDim = Index{1} << 40;

std::string extents(Index batch, Index key_heads, Index value_dim) {
  return std::to_string(batch) + " x " + std::to_string(key_heads) + " x " +
         std::to_string(value_dim);
}

using Widths = std::map<std::string, Index, std::less<>>;

/// The entries of each array of a stream, or as many as the widest of them has: features may differ
/// from head to head.
template <class Stream>
void widen(Stream& stream, Widths& widths) {
  stream.for_each_array([&](const char* name, const auto*, Index count) {
    Index& width = widths.try_emplace(name, 0).first->second;
    width = std::max(width, count);
  });
}

/// The name of what belongs to one head or batch entry.
std::string numbered(const char* name, Index i) {
  return std::string(name) + "_" + std::to_string(i);
}

/// Arrays of streams into an archive, one row per stream, zeros after those of fewer entries; whole
/// numbers as doubles.
class ArchiveWriter {
 public:
  ArchiveWriter(Archive& archive, Index streams, const Widths& widths)
      : archive_(archive), streams_(streams), widths_(widths) {}

  template <class Stream>
  void write(Stream& stream, Index row) const {
    stream.for_each_array([&]<class U>(const char* name, const U* data, Index count) {
      using T = std::conditional_t<std::same_as<U, std::int32_t>, double, U>;
      const Index width = widths_.find(name)->second;
      auto& array = archive_.arrays.try_emplace(name, Matrix<T>(streams_, width)).first->second;
      std::copy_n(data, count, std::get<Matrix<T>>(array).row(row));
    });
  }

 private:
  Archive& archive_;
  Index streams_;
  const Widths& widths_;
};

/// And back.
class ArchiveReader {
 public:
  ArchiveReader(const Archive& archive, Index streams, const Widths& widths)
      : archive_(archive), streams_(streams), widths_(widths) {}

  template <class Stream>
  void read(Stream& stream, Index row) const {
    stream.for_each_array([&]<class U>(const char* name, U* data, Index count) {
      using T = std::conditional_t<std::same_as<U, std::int32_t>, double, U>;
      const Index width = widths_.find(name)->second;
      const T* const from = archive_.array<T>(name, streams_, width).row(row);
      for (Index i = 0; i < count; ++i) {
        if constexpr (std::same_as<U, std::int32_t>) {
          if (!(from[i] >= kSmallest && from[i] <= kLargest) || from[i] != std::trunc(from[i])) {
            kLoad.refuse("'" + std::string(name) + "' holds " + text::number(from[i]) +
                         ", expected whole numbers of 32 bits");
          }
        }
        data[i] = static_cast<U>(from[i]);
      }
    });
  }

 private:
  static constexpr double kSmallest = -0x1p31;  // also stands for a feature without mass
  static constexpr double kLargest = 0x1p31 - 1.0;

  const Archive& archive_;
  Index streams_;
  const Widths& widths_;
};

/// Those of the near keys of a stream, whose rows are there.
template <Scalar T>
void read_gate_sums(const Archive& archive, Index stream, NearKeys<T>& rows) {
  rows.for_each_gate_vector([&](const char* name, std::vector<double>& sums) {
    const Index count = archive.count(numbered(
        std::string(name) == "first_gate_sums" ? "first_keys_rows" : "recent_keys_rows", stream));
    if (count == 0) return;
    const double* const from = archive.array<double>(numbered(name, stream), 1, count).data();
    sums.assign(from, from + count);
    const bool rising = std::is_sorted(sums.begin(), sums.end());
    if (!rising || sums.front() < 0.0 || sums.back() > kLargestGateSum) {
      kLoad.refuse("the state contradicts itself");
    }
  });
}

}  // namespace

template <Scalar T>
void AttentionState<T>::Impl::save_near(Archive& archive) const {
  const auto decay = static_cast<Index>(options_.decay.size());
  archive.metadata["window"] = std::to_string(options_.window);
  archive.metadata["first_keys"] = std::to_string(options_.first_keys);
  archive.metadata["rest"] = names_of(options_.rest)[static_cast<std::size_t>(options_.rest)];
  archive.metadata["decaying_heads"] = std::to_string(decay);
  Matrix<double> rates(1, decay);
  std::copy(options_.decay.begin(), options_.decay.end(), rates.data());
  if (decay > 0) archive.arrays.emplace("decay", std::move(rates));
  const bool gated = archive.metadata.contains("gated");
  for (std::size_t s = 0; s < near_.size(); ++s) {
    NearKeys<T> rows = near_[s];
    const auto stream = static_cast<Index>(s);
    archive.metadata[numbered("near_begin", stream)] = std::to_string(rows.begin());
    if (gated) {
      archive.metadata[numbered("near_start", stream)] = std::to_string(rows.start());
      rows.for_each_gate_vector([&](const char* name, const std::vector<double>& sums) {
        if (sums.empty()) return;
        Matrix<double> copy(1, static_cast<Index>(sums.size()));
        std::copy(sums.begin(), sums.end(), copy.data());
        archive.arrays.emplace(numbered(name, stream), std::move(copy));
      });
    }
    rows.for_each_vector([&](const char* name, const std::vector<T>& elements, Index columns) {
      const Index count = static_cast<Index>(elements.size()) / columns;
      archive.metadata[numbered((std::string(name) + "_rows").c_str(), stream)] =
          std::to_string(count);
      if (count == 0) return;
      Matrix<T> copy(count, columns);
      std::copy(elements.begin(), elements.end(), copy.data());
      archive.arrays.emplace(numbered(name, stream), std::move(copy));
    });
    if (rows.origin().empty()) continue;
    Matrix<double> origin(1, static_cast<Index>(rows.origin().size()));
    std::copy(rows.origin().begin(), rows.origin().end(), origin.data());
    archive.arrays.emplace(numbered("near_origin", stream), std::move(origin));
  }
}

template <Scalar T>
AttentionStateOptions AttentionState<T>::Impl::load_options(const Archive& archive) {
  AttentionStateOptions options;
  if (!archive.metadata.contains("window")) return options;
  options.window = archive.count("window");
  options.first_keys = archive.count("first_keys");
  const std::string rest = archive.word("rest");
  if (rest != "features" && rest != "none") kLoad.refuse("'rest'", rest, "features or none");
  options.rest = rest == "none" ? Rest::none : Rest::features;
  const Index decay = archive.count("decaying_heads");
  if (decay > 0) {
    const double* const rates = archive.array<double>("decay", 1, decay).data();
    options.decay.assign(rates, rates + decay);
  }
  return options;
}

template <Scalar T>
void AttentionState<T>::Impl::load_near(const Archive& archive) {
  const bool gated = archive.metadata.contains("gated");
  for (std::size_t s = 0; s < near_.size(); ++s) {
    NearKeys<T>& rows = near_[s];
    const auto stream = static_cast<Index>(s);
    rows.for_each_vector([&](const char* name, std::vector<T>& elements, Index columns) {
      const Index count = archive.count(numbered((std::string(name) + "_rows").c_str(), stream));
      if (count == 0) return;
      const T* const data = archive.array<T>(numbered(name, stream), count, columns).data();
      elements.assign(data, data + count * columns);
    });
    const Index seen = lengths_[s / static_cast<std::size_t>(key_heads_)];
    std::vector<double> origin;
    if (seen > 0) {
      const Index dim = maps_[0].input_dim();
      const double* const from =
          archive.array<double>(numbered("near_origin", stream), 1, dim).data();
      origin.assign(from, from + dim);
    }
    const Index begin = archive.count(numbered("near_begin", stream));
    const Index start = gated ? archive.count(numbered("near_start", stream)) : 0;
    if (gated) read_gate_sums(archive, stream, rows);
    if (!rows.restore(seen, begin, start, origin)) kLoad.refuse("the state contradicts itself");
  }
}

template <Scalar T>
Archive AttentionState<T>::Impl::save() const {
  Archive archive;
  archive.metadata["kind"] = kStateKind;
  archive.metadata["scalar"] = kScalarName<T>;
  archive.metadata["batch"] = std::to_string(batch_);
  archive.metadata["key_heads"] = std::to_string(key_heads_);
  archive.metadata["value_dim"] = std::to_string(value_dim_);
  // Arrays are padded, so their extents alone do not tell one value_dim from another.
  archive.metadata["extents"] = extents(batch_, key_heads_, value_dim_);
  if (maps_.shared()) archive.metadata["map"] = to_text(maps_[0].spec());
  for (Index h = 0; h < key_heads_ && !maps_.shared(); ++h) {
    archive.metadata[numbered("map", h)] = to_text(maps_[h].spec());
  }
  if (std::adjacent_find(lengths_.begin(), lengths_.end(), std::not_equal_to<>()) ==
      lengths_.end()) {
    archive.metadata["length"] = std::to_string(lengths_.front());
  } else {
    for (Index b = 0; b < batch_; ++b) {
      archive.metadata[numbered("length", b)] =
          std::to_string(lengths_[static_cast<std::size_t>(b)]);
    }
  }
  Widths widths;
  for (std::size_t s = 0; s < std::min(streams_.size(), maps_.all().size()); ++s) {
    KeyStream<T> stream = streams_[s];
    widen(stream, widths);
  }
  save_gates(archive);
  if (has_near()) save_near(archive);
  const ArchiveWriter writer(archive, static_cast<Index>(streams_.size()), widths);
  for (std::size_t s = 0; s < streams_.size(); ++s) {
    KeyStream<T> stream = streams_[s];
    writer.write(stream, static_cast<Index>(s));
  }
  return archive;
}

template <Scalar T>
void AttentionState<T>::Impl::require_maps_of(const Archive& archive, const Maps& maps) {
  if (maps.shared()) {
    require_word(kLoad, archive, "map", to_text(maps[0].spec()));
    return;
  }
  for (std::size_t h = 0; h < maps.all().size(); ++h) {
    require_word(kLoad, archive, numbered("map", static_cast<Index>(h)),
                 to_text(maps.all()[h].spec()));
  }
}

template <Scalar T>
std::vector<Index> AttentionState<T>::Impl::load_lengths(const Archive& archive) const {
  const bool one = archive.metadata.contains("length");
  std::vector<Index> lengths;
  for (Index b = 0; b < std::max<Index>(batch_, 1); ++b) {
    const std::string name = one ? "length" : numbered("length", b);
    lengths.push_back(archive.count(name));
    if (lengths.back() > kLongest) {
      kLoad.refuse("'" + name + "'", std::to_string(lengths.back()), "at most 2^60");
    }
  }
  return lengths;
}

template <Scalar T>
std::unique_ptr<typename AttentionState<T>::Impl> AttentionState<T>::Impl::load(
    const Maps& maps, const Archive& archive) {
  require_word(kLoad, archive, "kind", kStateKind);
  require_word(kLoad, archive, "scalar", kScalarName<T>);
  require_maps_of(archive, maps);
  const Index batch = archive.count("batch");
  const Index key_heads = archive.count("key_heads");
  const Index value_dim = archive.count("value_dim");
  require_word(kLoad, archive, "extents", extents(batch, key_heads, value_dim));
  Index features = 0;
  for (const FeatureMap<T>& map : maps.all()) features = std::max(features, map.num_features());
  const auto streams = checked_product(batch, key_heads);
  const auto columns =
      checked_product(features, simd::padded<T>(std::min(value_dim, kLargestValueDim)));
  if (value_dim > kLargestValueDim || !streams || !columns) {
    kLoad.refuse("batch, key_heads and value_dim are too large");
  }
  if (*streams > 0) archive.array<T>("values", *streams, *columns);  // before any allocation
  auto impl = std::make_unique<Impl>(maps, batch, key_heads, value_dim, load_options(archive));
  impl->lengths_ = impl->load_lengths(archive);
  Widths widths;
  for (KeyStream<T>& stream : impl->streams_) widen(stream, widths);
  const ArchiveReader reader(archive, *streams, widths);
  for (Index s = 0; s < *streams; ++s) {
    KeyStream<T>& stream = impl->streams_[static_cast<std::size_t>(s)];
    reader.read(stream, s);
    if (!stream.restore()) kLoad.refuse("the state contradicts itself");
  }
  impl->load_gates(archive);
  if (impl->has_near()) impl->load_near(archive);
  return impl;
}

template <Scalar T>
Archive AttentionState<T>::save() const {
  return impl_->save();
}

template <Scalar T>
AttentionState<T> AttentionState<T>::load(const FeatureMap<T>& map, const Archive& archive) {
  return AttentionState(Impl::load(HeadMaps<T>(map), archive));
}

template <Scalar T>
AttentionState<T> AttentionState<T>::load(std::span<const FeatureMap<T>> maps,
                                          const Archive& archive) {
  return AttentionState(Impl::load(HeadMaps<T>(kLoad, maps, archive.count("key_heads")), archive));
}

template Archive AttentionState<float>::save() const;
template Archive AttentionState<double>::save() const;
template AttentionState<float> AttentionState<float>::load(const FeatureMap<float>&,
                                                           const Archive&);
template AttentionState<double> AttentionState<double>::load(const FeatureMap<double>&,
                                                             const Archive&);
template AttentionState<float> AttentionState<float>::load(std::span<const FeatureMap<float>>,
                                                           const Archive&);
template AttentionState<double> AttentionState<double>::load(std::span<const FeatureMap<double>>,
                                                             const Archive&);

}  // namespace bochner
