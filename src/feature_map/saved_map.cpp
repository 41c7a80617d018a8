// SPDX-License-Identifier: Apache-2.0
#include "feature_map/saved_map.hpp"

#include "core/archive_entries.hpp"
#include "core/checked.hpp"
#include "features/stage.hpp"
#include "linalg/copy.hpp"
#include "projection/operator.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

namespace bochner::feature_map {
namespace {

constexpr Door kArchive("archive");
constexpr Index kLargestMap = Index{1} << 30;

constexpr const char* kGiven = "given_frequencies";
constexpr const char* kPhases = "given_phases";
constexpr const char* kWeights = "given_weights";

/// The first row of the frequencies. Except for products, rows that are drawn do not depend on how
/// many there are, so that drawing one is enough.
template <Scalar T>
Matrix<double> first_frequency(const FeatureMap<T>& map) {
  FeatureMapSpec spec = map.spec();
  if (multiplies(spec.features) || given_frequencies(spec.projection)) return map.frequencies();
  spec.num_frequencies = 1;
  return FeatureMap<T>(spec).frequencies();
}

void save_given(const GivenFrequencies& given, Archive& archive) {
  const auto copied = [](MatrixView<const double> from) {
    Matrix<double> out(from.rows, from.cols);
    linalg::copy(from, out);
    return out;
  };
  archive.arrays.insert_or_assign(kGiven, copied(given.rows()));
  for (const auto& [key, numbers] :
       {std::pair{kPhases, given.phases()}, std::pair{kWeights, given.weights()}}) {
    if (numbers.empty()) continue;
    archive.arrays.insert_or_assign(key, copied({numbers.data(), 1, std::ssize(numbers)}));
  }
}

/// The spec with the frequencies that the archive has for it.
FeatureMapSpec with_given(FeatureMapSpec spec, const Archive& archive) {
  const Matrix<double>& w = archive.array<double>(kGiven, spec.num_frequencies, spec.input_dim);
  const auto numbers = [&](const char* key) {
    if (!archive.arrays.contains(key)) return std::span<const double>{};
    const Matrix<double>& row = archive.array<double>(key, 1, spec.num_frequencies);
    return std::span<const double>(row.data(), static_cast<std::size_t>(row.cols()));
  };
  const GivenFrequencies given(w.view(), numbers(kPhases), numbers(kWeights));
  if (!set_given_frequencies(spec.projection, given)) {
    kArchive.refuse(kGiven, "of digest " + given.digest(),
                    given_frequencies(spec.projection)->to_word() + " (the map's)");
  }
  return spec;
}

}  // namespace

template <Scalar T>
void save_map(const FeatureMap<T>& map, Archive& archive) {
  archive.metadata["map"] = to_text(map.spec());
  archive.metadata["scalar"] = kScalarName<T>;
  if (const GivenFrequencies* const given = given_frequencies(map.spec().projection)) {
    save_given(*given, archive);
  }
  Matrix<double> witness(1, map.input_dim());
  const Matrix<double> frequencies = first_frequency(map);
  std::copy_n(frequencies.row(0), map.input_dim(), witness.data());
  archive.arrays.insert_or_assign("first_frequency", std::move(witness));
}

template <Scalar T>
FeatureMapSpec load_spec(const Archive& archive) {
  FeatureMapSpec spec = parse_spec(archive.word("map"));
  const auto size = checked_product(spec.num_frequencies, spec.input_dim);
  if (!size || *size > kLargestMap) {
    kArchive.refuse("the map has " + std::to_string(spec.num_frequencies) + " x " +
                    std::to_string(spec.input_dim) + " frequencies, more than 2^30");
  }
  require_word(kArchive, archive, "scalar", kScalarName<T>);
  // The witness confirms input_dim before anything of that size is allocated.
  archive.array<double>("first_frequency", 1, spec.input_dim);
  if (given_frequencies(spec.projection)) spec = with_given(std::move(spec), archive);
  validate(spec);
  return spec;
}

template <Scalar T>
void require_witness(const FeatureMap<T>& map, const Archive& archive) {
  const auto& witness = archive.array<double>("first_frequency", 1, map.input_dim());
  const Matrix<double> frequencies = first_frequency(map);
  if (!std::equal(witness.data(), witness.data() + map.input_dim(), frequencies.row(0))) {
    kArchive.refuse(
        "the frequencies were drawn by another version of the random streams, or the spec was "
        "changed");
  }
}

template <Scalar T>
void require_map(const Door& door, const FeatureMap<T>& map, const Archive& archive) {
  const FeatureMapSpec spec = load_spec<T>(archive);
  if (!(spec == map.spec())) {
    door.refuse("the archive has the map " + to_text(spec) + ", expected " + to_text(map.spec()));
  }
  require_witness(map, archive);
}

template void save_map(const FeatureMap<float>&, Archive&);
template void save_map(const FeatureMap<double>&, Archive&);
template FeatureMapSpec load_spec<float>(const Archive&);
template FeatureMapSpec load_spec<double>(const Archive&);
template void require_witness(const FeatureMap<float>&, const Archive&);
template void require_witness(const FeatureMap<double>&, const Archive&);
template void require_map(const Door&, const FeatureMap<float>&, const Archive&);
template void require_map(const Door&, const FeatureMap<double>&, const Archive&);

}  // namespace bochner::feature_map
