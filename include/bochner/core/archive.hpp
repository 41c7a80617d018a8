// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/matrix.hpp>
#include <bochner/core/view.hpp>
#include <bochner/export.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>

/// \file
/// What a state or a model is when it is saved: metadata and named arrays, without a file format.

namespace bochner {

/// Metadata, one word or sentence per key, and named matrices. Every class that can be saved gives
/// one of these and takes one back; it checks all of it, so an archive may come from anywhere.
///
/// ```cpp
/// Archive archive;
/// archive.metadata["kind"] = "example";
/// archive.arrays["weights"] = Matrix<double>(3, 2);
/// require_finite(archive);
/// const Matrix<double>& weights = archive.array<double>("weights", 3, 2);
/// ```
struct Archive {
  using Array = std::variant<Matrix<float>, Matrix<double>>;
  std::map<std::string, std::string, std::less<>> metadata;
  std::map<std::string, Array, std::less<>> arrays;

  /// The word under `key`. Throws InvalidArgument when there is none.
  BOCHNER_EXPORT const std::string& word(std::string_view key) const;
  /// The word under `key`, a whole number. Throws InvalidArgument when it is absent, not a number,
  /// negative, or above 2^62.
  BOCHNER_EXPORT Index count(std::string_view key) const;
  /// The word under `key`, a finite number that `text::number` wrote. Throws likewise.
  BOCHNER_EXPORT double number(std::string_view key) const;
  /// The array under `key`, of this scalar and shape, all finite. Throws InvalidArgument saying
  /// what was found.
  template <Scalar T>
  const Matrix<T>& array(std::string_view key, Index rows, Index cols) const;
  /// The array under `key`, whatever it holds, or null when there is none of this scalar.
  template <Scalar T>
  const Matrix<T>* find(std::string_view key) const {
    const auto found = arrays.find(key);
    return found == arrays.end() ? nullptr : std::get_if<Matrix<T>>(&found->second);
  }
};

/// Throws InvalidArgument when an array holds a number that is not finite, naming array, row and
/// column. What writes an archive asks this, as `array` does when it is read.
BOCHNER_EXPORT void require_finite(const Archive& archive);

extern template BOCHNER_EXPORT const Matrix<float>& Archive::array(std::string_view, Index,
                                                                   Index) const;
extern template BOCHNER_EXPORT const Matrix<double>& Archive::array(std::string_view, Index,
                                                                    Index) const;

}  // namespace bochner
