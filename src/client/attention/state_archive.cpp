// SPDX-License-Identifier: Apache-2.0
#include "client/attention/state_impl.hpp"
#include "core/archive_entries.hpp"
#include "core/checked.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
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

/// Arrays of streams into an archive, one row per stream; whole numbers as doubles.
class ArchiveWriter {
 public:
  ArchiveWriter(Archive& archive, Index streams) : archive_(archive), streams_(streams) {}

  template <class Stream>
  void write(Stream& stream, Index row) const {
    stream.for_each_array([&]<class U>(const char* name, const U* data, Index count) {
      using T = std::conditional_t<std::same_as<U, std::int32_t>, double, U>;
      auto& array = archive_.arrays.try_emplace(name, Matrix<T>(streams_, count)).first->second;
      std::copy_n(data, count, std::get<Matrix<T>>(array).row(row));
    });
  }

 private:
  Archive& archive_;
  Index streams_;
};

/// And back.
class ArchiveReader {
 public:
  ArchiveReader(const Archive& archive, Index streams) : archive_(archive), streams_(streams) {}

  template <class Stream>
  void read(Stream& stream, Index row) const {
    stream.for_each_array([&]<class U>(const char* name, U* data, Index count) {
      using T = std::conditional_t<std::same_as<U, std::int32_t>, double, U>;
      const T* const from = archive_.array<T>(name, streams_, count).row(row);
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
};

}  // namespace

template <Scalar T>
Archive AttentionState<T>::Impl::save() const {
  Archive archive;
  archive.metadata["kind"] = kStateKind;
  archive.metadata["map"] = to_text(map_.spec());
  archive.metadata["scalar"] = kScalarName<T>;
  archive.metadata["batch"] = std::to_string(batch_);
  archive.metadata["key_heads"] = std::to_string(key_heads_);
  archive.metadata["value_dim"] = std::to_string(value_dim_);
  archive.metadata["length"] = std::to_string(length_);
  // Arrays are padded, so their extents alone do not tell one value_dim from another.
  archive.metadata["extents"] = extents(batch_, key_heads_, value_dim_);
  const ArchiveWriter writer(archive, static_cast<Index>(streams_.size()));
  for (std::size_t s = 0; s < streams_.size(); ++s) {
    KeyStream<T> stream = streams_[s];
    writer.write(stream, static_cast<Index>(s));
  }
  return archive;
}

template <Scalar T>
std::unique_ptr<typename AttentionState<T>::Impl> AttentionState<T>::Impl::load(
    const FeatureMap<T>& map, const Archive& archive) {
  require_word(kLoad, archive, "kind", kStateKind);
  require_word(kLoad, archive, "scalar", kScalarName<T>);
  require_word(kLoad, archive, "map", to_text(map.spec()));
  const Index batch = archive.count("batch");
  const Index key_heads = archive.count("key_heads");
  const Index value_dim = archive.count("value_dim");
  require_word(kLoad, archive, "extents", extents(batch, key_heads, value_dim));
  const auto streams = checked_product(batch, key_heads);
  const auto columns =
      checked_product(map.num_features(), simd::padded<T>(std::min(value_dim, kLargestValueDim)));
  if (value_dim > kLargestValueDim || !streams || !columns) {
    kLoad.refuse("batch, key_heads and value_dim are too large");
  }
  if (*streams > 0) archive.array<T>("values", *streams, *columns);  // before any allocation
  auto impl = std::make_unique<Impl>(map, batch, key_heads, value_dim);
  impl->length_ = archive.count("length");
  if (impl->length_ > kLongest) {
    kLoad.refuse("'length'", std::to_string(impl->length_), "at most 2^60");
  }
  const ArchiveReader reader(archive, *streams);
  for (Index s = 0; s < *streams; ++s) {
    KeyStream<T>& stream = impl->streams_[static_cast<std::size_t>(s)];
    reader.read(stream, s);
    if (!stream.restore()) kLoad.refuse("the state contradicts itself");
  }
  return impl;
}

template <Scalar T>
Archive AttentionState<T>::save() const {
  return impl_->save();
}

template <Scalar T>
AttentionState<T> AttentionState<T>::load(const FeatureMap<T>& map, const Archive& archive) {
  return AttentionState(Impl::load(map, archive));
}

template Archive AttentionState<float>::save() const;
template Archive AttentionState<double>::save() const;
template AttentionState<float> AttentionState<float>::load(const FeatureMap<float>&,
                                                           const Archive&);
template AttentionState<double> AttentionState<double>::load(const FeatureMap<double>&,
                                                             const Archive&);

}  // namespace bochner
