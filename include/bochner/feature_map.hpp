// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/error.hpp>
#include <bochner/core/execution.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/core/view.hpp>
#include <bochner/export.hpp>
#include <bochner/features/features.hpp>
#include <bochner/kernel/kernel.hpp>
#include <bochner/projection/projection.hpp>
#include <bochner/random/stream.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

/// \file
/// The narrow waist: a spec says everything, a map is its deterministic shadow.

namespace bochner {

/// An exact change of variables, another one for queries than for keys. With M = `matrix`, queries
/// x are seen as x' = M (x - query), keys y as y' = M^-T (y - key), and for the softmax kernel,
/// with s its scale,
///   exp(s x.y) = exp(s x'.y') e^{s (x - query).key} e^{s query.y},
/// whose last two factors multiply the features. Positive features then see |x' + y'|^2 in place of
/// |x + y|^2: see `optimal_centring` and `optimal_pair_transform`. An empty shift is zero, an empty
/// matrix the identity. Shift-invariant kernels take one shift for both sides and no matrix;
/// kernels that depend on the origin take neither.
struct PairTransform {
  std::vector<double> query{};   ///< the queries' shift: empty, or input_dim finite numbers
  std::vector<double> key{};     ///< the keys' shift: empty, or input_dim finite numbers
  std::vector<double> matrix{};  ///< M, row-major: empty, or input_dim^2 numbers, invertible

  /// Whether queries and keys are seen alike.
  bool is_symmetric() const { return query == key && matrix.empty(); }

  static constexpr std::string_view name = "pair";
  static constexpr bool omits_empty_lists = true;
  static constexpr auto fields() {
    return std::tuple{Field{"query", &PairTransform::query}, Field{"key", &PairTransform::key},
                      Field{"matrix", &PairTransform::matrix}};
  }
  friend bool operator==(const PairTransform&, const PairTransform&) = default;
};

/// Everything that determines a feature map, as a plain value: it prints, parses, compares, hashes.
///
/// ```cpp
/// FeatureMapSpec spec{.input_dim = 8, .num_frequencies = 256, .seed = {1}};
/// spec.kernel = SoftmaxKernel::for_dimension(8);
/// spec.features = PositiveFeatures{};
/// const std::string line = to_text(spec);
/// const FeatureMapSpec same = parse_spec(line);  // the same map, bit for bit
/// ```
struct FeatureMapSpec {
  Index input_dim = 0;        ///< d, columns of the inputs; at least 1
  Index num_frequencies = 0;  ///< m, rows of the frequency matrix; at least 1
  Kernel kernel{};
  Projection projection{OrthogonalProjection{}};
  FeatureFunction features{};
  Seed seed{};
  PairTransform transform{};
  friend bool operator==(const FeatureMapSpec&, const FeatureMapSpec&) = default;
};

/// Columns of phi: num_frequencies times one or two.
BOCHNER_EXPORT Index num_features(const FeatureMapSpec& spec);

/// The num_frequencies that make `num_features` columns of phi: for libraries that count outputs
/// (scikit-learn's n_components) rather than frequencies. Throws InvalidArgument when num_features
/// is not a positive multiple of the columns per frequency.
BOCHNER_EXPORT Index num_frequencies_for(const FeatureFunction& features, Index num_features);

/// Why `spec`'s kernel, projection and feature function do not go together, or nothing when they
/// do.
BOCHNER_EXPORT std::optional<std::string> incompatibility(const Kernel& kernel,
                                                          const Projection& projection,
                                                          const FeatureFunction& features);

/// Throws InvalidArgument, naming the member, when `spec` describes no map.
BOCHNER_EXPORT void validate(const FeatureMapSpec& spec);

/// One line of text, for instance
///   input_dim=8 num_frequencies=256 kernel=gaussian(metric=isotropic(lengthscale=1))
///   projection=orthogonal(radii=sampled) features=trigonometric seed=1
/// Numbers print as the shortest text that reads back to the same bits.
BOCHNER_EXPORT std::string to_text(const FeatureMapSpec& spec);
BOCHNER_EXPORT std::string to_text(const Kernel& kernel);
BOCHNER_EXPORT std::string to_text(const Projection& projection);
BOCHNER_EXPORT std::string to_text(const FeatureFunction& features);

/// Writes `to_text`.
BOCHNER_EXPORT std::ostream& operator<<(std::ostream& out, const FeatureMapSpec& spec);
BOCHNER_EXPORT std::ostream& operator<<(std::ostream& out, const Kernel& kernel);
BOCHNER_EXPORT std::ostream& operator<<(std::ostream& out, const Projection& projection);
BOCHNER_EXPORT std::ostream& operator<<(std::ostream& out, const FeatureFunction& features);

/// The inverse of `to_text`. Members may come in any order; those left out keep their defaults.
/// Throws InvalidArgument that names the position, the unknown word and the list of known ones.
BOCHNER_EXPORT FeatureMapSpec parse_spec(std::string_view text);
BOCHNER_EXPORT Kernel parse_kernel(std::string_view text);
BOCHNER_EXPORT Projection parse_projection(std::string_view text);
BOCHNER_EXPORT FeatureFunction parse_features(std::string_view text);

/// `spec` with the numbers of its given frequencies, of which a text holds the digest alone. Throws
/// InvalidArgument when the projection is not given, and when the digest is another.
BOCHNER_EXPORT FeatureMapSpec with_frequencies(FeatureMapSpec spec,
                                               const GivenFrequencies& frequencies);

/// Which factor of the kernel a row is for. Symmetric maps ignore it.
enum class Side { query, key };
constexpr std::array<std::string_view, 2> names_of(Side) { return {"query", "key"}; }

/// Where features go: k(x_i, y_j) ~ 2^(exponent_i + exponent_j) phi_i . phi_j.
template <Scalar T>
struct FeatureBlock {
  MatrixView<T> phi;  ///< rows x num_features, any strides, not overlapping the input
  std::span<std::int32_t> exponent;  ///< one per row
};

template <Scalar T>
class BlockMap;

namespace feature_map {
BOCHNER_EXPORT std::shared_ptr<const BlockMap<float>> rounded(const BlockMap<double>& wide);
}  // namespace feature_map

/// A random feature map phi with E[2^(a_i + b_j) phi(x_i) . phi(y_j)] = k(x_i, y_j) (for
/// projections with an exact marginal): immutable, cheap to copy, safe to share between threads.
///
/// Rows are mapped in blocks of 64; results are bit-identical for any thread count and any split of
/// the rows.
///
/// ```cpp
/// const FeatureMap<float> map({.input_dim = 8, .num_frequencies = 256, .seed = {1}});
/// Matrix<float> x(100, 8);
/// for (Index i = 0; i < 100; ++i) x(i, i % 8) = 1.0f;
/// Matrix<float> phi(100, map.num_features());
/// std::vector<std::int32_t> exponent(100);
/// map.apply(Side::query, x, {phi, exponent});
/// ```
template <Scalar T>
class FeatureMap {
 public:
  /// Draws the frequencies: O(m d) for iid, O(m d^2) for orthogonal, O(m) for Hadamard projections.
  /// Throws InvalidArgument when the spec is not valid, and when the kernel's scales or the
  /// frequencies leave the range of T.
  explicit FeatureMap(const FeatureMapSpec& spec);

  /// In float, the map of `wide`'s spec, the same bits as from that, without another draw: O(m d)
  /// (O(m) for Hadamard projections and count sketches), since frequencies are drawn in double and
  /// rounded. Not the other way round, where digits would be missing. Throws InvalidArgument when
  /// the kernel's scales or the frequencies leave the range of float.
  ///
  /// ```cpp
  /// const FeatureMap<double> exact({.input_dim = 8, .num_frequencies = 256, .seed = {1}});
  /// const FeatureMap<float> fast(exact);
  /// ```
  template <std::same_as<double> U>
  requires std::same_as<T, float>
  explicit FeatureMap(const FeatureMap<U>& wide) : blocks_(feature_map::rounded(wide.blocks())) {}

  const FeatureMapSpec& spec() const noexcept;
  Index input_dim() const noexcept;
  Index num_features() const noexcept;

  /// Features of the rows of x (n x input_dim, any strides): phi is n x num_features with entries
  /// of order one, exponent holds n powers of two. O(n m d). Throws InvalidArgument when shapes do
  /// not match, when outputs overlap the input, when x holds NaN or infinity (naming row and
  /// column), or when a row is so long that its exponent leaves 31 bits (|x|^2 beyond about 1e9 for
  /// exponential maps) or its projections the scalar's range. An angle w.x is off by about eps |w|
  /// |x|: rows far from the origin need a shift (`FeatureMapSpec::transform`) or double.
  void apply(Side side, MatrixView<const T> x, FeatureBlock<T> out,
             const Execution& execution = {}) const;

  /// Gradient of sum_ij dphi_ij phi_ij with respect to x, phi as `apply` returns it and the
  /// exponents held fixed: dx is n x input_dim. O(n m d). Throws as `apply`, and when a gradient is
  /// not finite.
  void pullback(Side side, MatrixView<const T> x, MatrixView<const T> dphi, MatrixView<T> dx,
                const Execution& execution = {}) const;

  /// The frequencies w_1, ..., w_m as rows (m x input_dim), acting on raw inputs of one side:
  /// lengthscales, scale and the matrix of the spec's transform are in them, shifts are not.
  /// Products of projections have a row for every factor, first factors first.
  Matrix<double> frequencies(Side side = Side::query) const;

  /// The block form that clients work in.
  const BlockMap<T>& blocks() const noexcept;

 private:
  std::shared_ptr<const BlockMap<T>> blocks_;
};

/// Features of the rows of x with their exponents multiplied in, n x num_features: k(x_i, y_j) ~
/// phi_i . phi_j. Throws as `FeatureMap::apply`, and when a feature leaves the range of T, which
/// `apply` does not.
template <Scalar T>
Matrix<T> features(const FeatureMap<T>& map, ViewOf<const T> x, Side side = Side::query,
                   const Execution& execution = {});

/// The same into memory of the caller's, n x num_features, any strides, not overlapping x.
template <Scalar T>
void features(const FeatureMap<T>& map, ViewOf<const T> x, ViewOf<T> out, Side side = Side::query,
              const Execution& execution = {});

extern template BOCHNER_EXPORT void features(const FeatureMap<float>&, MatrixView<const float>,
                                             MatrixView<float>, Side, const Execution&);
extern template BOCHNER_EXPORT void features(const FeatureMap<double>&, MatrixView<const double>,
                                             MatrixView<double>, Side, const Execution&);
extern template BOCHNER_EXPORT Matrix<float> features(const FeatureMap<float>&,
                                                      MatrixView<const float>, Side,
                                                      const Execution&);
extern template BOCHNER_EXPORT Matrix<double> features(const FeatureMap<double>&,
                                                       MatrixView<const double>, Side,
                                                       const Execution&);

extern template class BOCHNER_EXPORT FeatureMap<float>;
extern template class BOCHNER_EXPORT FeatureMap<double>;

}  // namespace bochner

/// Equal specs have equal hashes; the hash is that of the text form and differs between processes
/// only if the standard library's string hash does.
template <>
struct BOCHNER_EXPORT std::hash<bochner::FeatureMapSpec> {
  std::size_t operator()(const bochner::FeatureMapSpec& spec) const;
};
