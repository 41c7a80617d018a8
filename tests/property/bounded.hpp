// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "property/range.hpp"

#include <bochner/core/error.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/random/stream.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <ctime>
#include <string>
#include <vector>

/// \file
/// What an answer to data of any size, anywhere, must be: a right one or a refusal, in bounded
/// time.

namespace bochner::property {

/// scale (offset + normal numbers), as a scalar holds them.
template <class T = double>
Matrix<T> rows_at(Index count, Index dim, double offset, double scale, std::uint64_t item = 0) {
  Matrix<double> normal(count, dim);
  Stream(Seed{3}, Purpose::study, item)
      .normals(0, {normal.data(), static_cast<std::size_t>(normal.size())});
  Matrix<T> out(count, dim);
  for (Index i = 0; i < out.size(); ++i) {
    out.data()[i] = static_cast<T>(scale * (offset + 0.3 * normal.data()[i]));
  }
  return out;
}

/// Fails where a scope takes more processor time, which a loaded machine does not lengthen.
class Watch {
 public:
  explicit Watch(double seconds) : most_(seconds) {}
  ~Watch() { CHECK(static_cast<double>(std::clock() - start_) / CLOCKS_PER_SEC < most_); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  double most_;
  std::clock_t start_ = std::clock();
};

/// `f`, or a refusal; whether it was the former, to be counted: a door that is shut to everything
/// answers nothing wrong.
template <class F>
bool answers_or_refuses(const F& f) {
  const Watch watch(5.0);
  try {
    f();
    return true;
  } catch (const InvalidArgument& refusal) {
    CHECK(std::string(refusal.what()).size() > 10);
    return false;
  }
}

template <class F>
void at_all_places(const F& f) {
  for_each_range([&](double offset, double scale) {
    CAPTURE(offset, scale);
    f(offset, scale);
  });
}

}  // namespace bochner::property
