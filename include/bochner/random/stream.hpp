// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/view.hpp>
#include <bochner/export.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

/// \file
/// Randomness as a pure function of (seed, purpose, item, index). Nothing here has state; the same
/// question has the same bits on every compiler, instruction set, thread and rank (tier A of
/// docs/reproducibility.md).

namespace bochner {

/// Raised whenever a word, or a number made of words, comes out differently than it did before:
/// specs saved under another version stand for other frequencies.
inline constexpr int kStreamVersion = 1;

/// Names a family of independent draws. A redraw is another seed.
struct Seed {
  std::uint64_t value = 0;
  friend bool operator==(const Seed&, const Seed&) = default;
};

/// What a stream is for: streams of different purposes never share a counter.
enum class Purpose : std::uint16_t {
  directions = 1,   ///< Gaussian vectors that become frequencies or are orthogonalised
  radii = 2,        ///< norms of frequencies
  signs = 3,        ///< Rademacher diagonals of Hadamard rounds
  phases = 4,       ///< random phases of cosine features
  scales = 5,       ///< scale mixtures of spectral measures
  permutation = 6,  ///< scrambles and hashes
  derive = 7,       ///< seeds of heads and replicates
  study = 8,        ///< synthetic data, sampled rows and entries
  degrees = 9,      ///< degrees of random Maclaurin features
  buckets = 10,     ///< hashes of count sketches
};
/// No purpose has the value 0.
constexpr std::array<std::string_view, 11> names_of(Purpose) {
  return {"",       "directions", "radii",   "signs",  "phases", "scales", "permutation",
          "derive", "study",      "degrees", "buckets"};
}

/// Philox 4x32-10 [Salmon11]: the 128-bit block at `counter` under `key`.
BOCHNER_EXPORT std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                                       std::array<std::uint32_t, 2> key) noexcept;

/// One stream: key = seed, counter = (index, purpose, item). `item` (below 2^48) is a row, a block,
/// an entry: whatever must not depend on how many others there are.
///
/// A stream is an array of 64-bit words, of which block i of Philox holds 2i and 2i + 1; every
/// accessor is a function of these words, so two kinds of draw from one stream are dependent. Give
/// each kind a purpose, an item or a substream of its own.
class BOCHNER_EXPORT Stream {
 public:
  Stream(Seed seed, Purpose purpose, std::uint64_t item = 0) noexcept;

  /// The stream's part `which` >= 1, whose words are none of this stream's own (as long as indices
  /// stay below 2^48). For draws that read more than one kind of word, or an unknown number of
  /// words. A substream has no substreams.
  Stream substream(std::uint16_t which) const noexcept;

  /// 64 random bits: word `index`.
  std::uint64_t bits(std::uint64_t index) const noexcept;
  /// Uniform on (0, 1), from word `index`: the midpoints of 2^52 equal cells, so never 0, never 1.
  double uniform(std::uint64_t index) const noexcept;
  /// Standard normal (Box-Muller [BoxMuller58], own log, sine and cosine), at most 8.58 in size;
  /// indices 2i and 2i + 1 share words 2i and 2i + 1.
  double normal(std::uint64_t index) const noexcept;
  /// -1 or +1, from bit `index` of the stream.
  double sign(std::uint64_t index) const noexcept;

  /// out[i] = normal(first + i).
  void normals(std::uint64_t first, std::span<double> out) const noexcept;
  /// out[i] = sign(first + i).
  void signs(std::uint64_t first, std::span<double> out) const noexcept;
  /// Chi-distributed with `degrees` degrees of freedom: the root of the sum of the squares of
  /// normal(0), ..., normal(degrees - 1), in that order.
  double chi(Index degrees) const noexcept;

 private:
  std::array<std::uint32_t, 4> block(std::uint64_t index) const noexcept;

  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 2> key_;
};

/// An independent seed for head, layer, replicate `index`: hashed, never added.
BOCHNER_EXPORT Seed derive_seed(Seed seed, std::uint64_t index) noexcept;

}  // namespace bochner
