// SPDX-License-Identifier: Apache-2.0
#include "bochner/random/stream.hpp"

#include "core/assert.hpp"
#include "random/elementary.hpp"
#include "random/philox.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>

namespace bochner {
namespace {

std::uint32_t low(std::uint64_t word) noexcept { return static_cast<std::uint32_t>(word); }
std::uint32_t high(std::uint64_t word) noexcept { return static_cast<std::uint32_t>(word >> 32); }

/// The stream's 64-bit words 2i and 2i + 1, from block i.
struct Words {
  std::uint64_t first;
  std::uint64_t second;
};

inline Words words(const philox::Counter& x) noexcept {
  return {std::uint64_t{x[1]} << 32 | x[0], std::uint64_t{x[3]} << 32 | x[2]};
}

/// (k + 1/2) / 2^52, k the upper 52 bits: exact, since 1 + k 2^-52 and 1 - 2^-53 are.
inline double unit_interval(std::uint64_t word) noexcept {
  constexpr std::uint64_t one = 0x3ff0000000000000ULL;
  return std::bit_cast<double>(one | word >> 12) - (1.0 - 0x1p-53);
}

struct NormalPair {
  double first;
  double second;
};

inline NormalPair box_muller(const Words& word) noexcept {
  const double radius = std::sqrt(-2.0 * elementary::log(unit_interval(word.first)));
  const elementary::SinCos angle = elementary::sincos_pi(2.0 * unit_interval(word.second));
  return {radius * angle.cos, radius * angle.sin};
}

constexpr std::size_t kBitsPerBlock = 128;

/// -1 or +1, by the sign bit of a double.
inline double sign_of_bit(std::uint64_t word, std::uint64_t position) noexcept {
  constexpr std::uint64_t one = 0x3ff0000000000000ULL;
  return std::bit_cast<double>(one | (word >> position & 1) << 63);
}

}  // namespace

Stream::Stream(Seed seed, Purpose purpose, std::uint64_t item) noexcept
    : counter_{0, 0, low(item),
               high(item) | std::uint32_t{static_cast<std::uint16_t>(purpose)} << 16},
      key_{low(seed.value), high(seed.value)} {
  BOCHNER_ASSERT(item < std::uint64_t{1} << 48);
}

Stream Stream::substream(std::uint16_t which) const noexcept {
  BOCHNER_ASSERT(which > 0 && counter_[1] == 0);
  Stream part = *this;
  part.counter_[1] = std::uint32_t{which} << 16;
  return part;
}

philox::Counter Stream::block(std::uint64_t index) const noexcept {
  return philox::block({low(index), high(index) | counter_[1], counter_[2], counter_[3]}, key_);
}

std::uint64_t Stream::bits(std::uint64_t index) const noexcept {
  const Words pair = words(block(index / 2));
  return index % 2 == 0 ? pair.first : pair.second;
}

double Stream::uniform(std::uint64_t index) const noexcept { return unit_interval(bits(index)); }

double Stream::normal(std::uint64_t index) const noexcept {
  const NormalPair pair = box_muller(words(block(index / 2)));
  return index % 2 == 0 ? pair.first : pair.second;
}

double Stream::sign(std::uint64_t index) const noexcept {
  const Words pair = words(block(index / kBitsPerBlock));
  return sign_of_bit(index % kBitsPerBlock < 64 ? pair.first : pair.second, index % 64);
}

void Stream::normals(std::uint64_t first, std::span<double> out) const noexcept {
  // Batches of blocks, a short loop a step, so that each step becomes vector code.
  constexpr std::size_t batch = 16;
  std::size_t done = 0;
  if (first % 2 == 1 && !out.empty()) out[done++] = normal(first);
  std::uint64_t next_block = (first + done) / 2;
  for (; out.size() - done >= 2 * batch; done += 2 * batch, next_block += batch) {
    std::array<Words, batch> word;
    for (std::size_t i = 0; i < batch; ++i) word[i] = words(block(next_block + i));
    for (std::size_t i = 0; i < batch; ++i) {
      const NormalPair pair = box_muller(word[i]);
      out[done + 2 * i] = pair.first;
      out[done + 2 * i + 1] = pair.second;
    }
  }
  for (; done < out.size(); done += 2) {
    const NormalPair pair = box_muller(words(block(next_block++)));
    out[done] = pair.first;
    if (done + 1 < out.size()) out[done + 1] = pair.second;
  }
}

void Stream::signs(std::uint64_t first, std::span<double> out) const noexcept {
  for (std::size_t done = 0; done < out.size();) {
    const std::uint64_t index = first + done;
    const std::uint64_t word = bits(index / 64);
    const std::size_t end = std::min(out.size(), done + (64 - index % 64));
    for (std::uint64_t position = index % 64; done < end; ++done, ++position) {
      out[done] = sign_of_bit(word, position);
    }
  }
}

double Stream::chi(Index degrees) const noexcept {
  std::array<double, 64> draws;
  double sum = 0.0;
  for (Index done = 0; done < degrees;) {
    const auto count = std::min(static_cast<std::size_t>(degrees - done), draws.size());
    normals(static_cast<std::uint64_t>(done), std::span(draws).first(count));
    for (const double draw : std::span(draws).first(count)) sum += draw * draw;
    done += static_cast<Index>(count);
  }
  return std::sqrt(sum);
}

Seed derive_seed(Seed seed, std::uint64_t index) noexcept {
  return {Stream(seed, Purpose::derive).bits(index)};
}

}  // namespace bochner
