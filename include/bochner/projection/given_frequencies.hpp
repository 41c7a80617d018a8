// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/view.hpp>
#include <bochner/export.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bochner {

/// Frequencies that the caller brings: w_1, ..., w_m as rows of a matrix; where features have
/// phases, one per row; and where they are no plain mean (quadratures, importance samples), one
/// weight per row, which counts in place of 1 / m. Immutable, shared by the copies of a spec, and
/// equal where the digest is: the SHA-256 of extents and numbers, which is also all that a text
/// holds of it.
///
/// ```cpp
/// Matrix<double> w(64, 8);
/// for (Index i = 0; i < 64; ++i) w(i, i % 8) = 1.0;
/// FeatureMapSpec spec{.input_dim = 8, .num_frequencies = 64};
/// spec.projection = GivenProjection{GivenFrequencies(w)};
/// const FeatureMap<float> map(spec);
/// const FeatureMapSpec same = with_frequencies(parse_spec(to_text(spec)), GivenFrequencies(w));
/// ```
class BOCHNER_EXPORT GivenFrequencies {
 public:
  /// None.
  GivenFrequencies() = default;
  /// A copy of w, m x d, and of no phases or m of them, of no weights or m of them. Throws
  /// InvalidArgument when w has no entries, for another number of phases or weights, for NaN and
  /// infinity, naming row and column, and for weights that are not positive. O(m d).
  explicit GivenFrequencies(MatrixView<const double> w, std::span<const double> phases = {},
                            std::span<const double> weights = {});

  /// 64 hexadecimal digits; empty for none.
  const std::string& digest() const noexcept { return digest_; }
  /// Whether the numbers are here, not the digest alone.
  bool is_held() const noexcept { return data_ != nullptr; }
  /// m x d; 0 x 0 where they are not here.
  MatrixView<const double> rows() const;
  /// One per row, or none.
  std::span<const double> phases() const;
  /// Likewise.
  std::span<const double> weights() const;

  // How a text names them: "none", or the digest.
  static constexpr std::string_view expected_word = "none or 64 hexadecimal digits";
  std::string to_word() const;
  static std::optional<GivenFrequencies> from_word(const std::string& word);

  friend bool operator==(const GivenFrequencies& a, const GivenFrequencies& b) {
    return a.digest_ == b.digest_;
  }

 private:
  struct Data;
  std::shared_ptr<const Data> data_;
  std::string digest_;
};

}  // namespace bochner
