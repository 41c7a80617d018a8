// SPDX-License-Identifier: Apache-2.0
#include "bochner/projection/given_frequencies.hpp"

#include "bochner/core/matrix.hpp"
#include "core/door.hpp"
#include "io/sha256.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

namespace bochner {
namespace {

constexpr std::size_t kDigits = 64;

/// The same bytes everywhere: eight per number, the lowest first.
class Digest {
 public:
  void add(std::uint64_t word) {
    std::array<std::byte, 8> bytes;
    for (std::byte& byte : bytes) {
      byte = static_cast<std::byte>(word & 0xff);
      word >>= 8;
    }
    sha_.add(bytes);
  }
  void add(Index count) { add(static_cast<std::uint64_t>(count)); }
  /// Zeros are equal, whatever their sign.
  void add(double number) { add(std::bit_cast<std::uint64_t>(number + 0.0)); }
  std::string hex() const { return sha_.hex(); }

 private:
  io::Sha256 sha_;
};

}  // namespace

struct GivenFrequencies::Data {
  Matrix<double> rows;
  std::vector<double> phases;
  std::vector<double> weights;
};

GivenFrequencies::GivenFrequencies(MatrixView<const double> w, std::span<const double> phases,
                                   std::span<const double> weights) {
  constexpr Door kDoor("GivenFrequencies");
  kDoor.at_least("the number of rows of w", w.rows, 1)
      .at_least("the number of columns of w", w.cols, 1)
      .finite("w", w);
  const auto count = static_cast<Index>(phases.size());
  if (count != 0) kDoor.entries("phases", count, w.rows, "the rows of w, or none");
  kDoor.finite("phases", phases);
  if (!weights.empty()) {
    kDoor.entries("weights", std::ssize(weights), w.rows, "the rows of w, or none");
  }
  for (std::size_t j = 0; j < weights.size(); ++j) {
    kDoor.positive("weights[" + std::to_string(j) + "]", weights[j]);
  }
  auto data = std::make_shared<Data>();
  data->rows = Matrix<double>(w.rows, w.cols);
  data->phases.assign(phases.begin(), phases.end());
  data->weights.assign(weights.begin(), weights.end());
  Digest digest;
  digest.add(w.rows);
  digest.add(w.cols);
  digest.add(count);
  for (Index i = 0; i < w.rows; ++i) {
    for (Index k = 0; k < w.cols; ++k) {
      data->rows(i, k) = w(i, k);
      digest.add(w(i, k));
    }
  }
  for (const double phase : phases) digest.add(phase);
  for (const double weight : weights) digest.add(weight);
  data_ = std::move(data);
  digest_ = digest.hex();
}

MatrixView<const double> GivenFrequencies::rows() const {
  return is_held() ? data_->rows.view() : MatrixView<const double>{};
}

std::span<const double> GivenFrequencies::phases() const {
  return is_held() ? std::span<const double>(data_->phases) : std::span<const double>{};
}

std::span<const double> GivenFrequencies::weights() const {
  return is_held() ? std::span<const double>(data_->weights) : std::span<const double>{};
}

std::string GivenFrequencies::to_word() const { return digest_.empty() ? "none" : digest_; }

std::optional<GivenFrequencies> GivenFrequencies::from_word(const std::string& word) {
  GivenFrequencies out;
  if (word == "none") return out;
  const bool is_digest =
      word.size() == kDigits && std::all_of(word.begin(), word.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
      });
  if (!is_digest) return std::nullopt;
  out.digest_ = word;
  return out;
}

}  // namespace bochner
