// SPDX-License-Identifier: Apache-2.0
#include "property/specs.hpp"
#include "support/guarded_array.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

// How an array lies in memory changes no bit of what is computed from it.

using namespace bochner;

namespace {

constexpr Index kRows = 70;
constexpr Index kDim = 5;
constexpr Index kFrequencies = 19;

/// Memory for a rows x cols array under some strides, with room on both sides.
template <class T>
class Storage {
 public:
  Storage(Index rows, Index cols, Index row_stride, Index col_stride, Index offset = 0)
      : memory_(static_cast<std::size_t>(2 * kRoom + extent(rows, row_stride) +
                                         extent(cols, col_stride))),
        first_(kRoom + offset - lowest(rows, row_stride) - lowest(cols, col_stride)),
        shape_(nullptr, rows, cols, row_stride, col_stride) {}

  MatrixView<T> view() {
    MatrixView<T> view = shape_;
    view.data = memory_.data() + first_;
    return view;
  }

 private:
  static constexpr Index kRoom = 32;
  static Index lowest(Index n, Index stride) { return std::min<Index>(0, (n - 1) * stride); }
  static Index extent(Index n, Index stride) { return (n - 1) * std::abs(stride); }

  std::vector<T> memory_;
  Index first_;
  MatrixView<T> shape_;
};

/// Row-major, column-major, padded, every second column, upside down, mirrored, and off by one
/// element from any alignment.
template <class T>
std::vector<Storage<T>> layouts(Index rows, Index cols) {
  return {{rows, cols, cols, 1},     {rows, cols, 1, rows},    {rows, cols, cols + 3, 1},
          {rows, cols, 2 * cols, 2}, {rows, cols, -cols, 1},   {rows, cols, cols, -1},
          {rows, cols, -1, -rows},   {rows, cols, cols, 1, 1}, {rows, cols, 1, rows, 3}};
}

template <class T, class U>
void copy(const MatrixView<T>& from, const MatrixView<U>& to) {
  for (Index i = 0; i < from.rows; ++i) {
    for (Index j = 0; j < from.cols; ++j) to(i, j) = from(i, j);
  }
}

template <class T, class U>
bool same(const MatrixView<T>& a, const MatrixView<U>& b) {
  for (Index i = 0; i < a.rows; ++i) {
    for (Index j = 0; j < a.cols; ++j) {
      if (a(i, j) != b(i, j)) return false;
    }
  }
  return true;
}

/// A few maps that take different paths through packing and features.
std::vector<FeatureMapSpec> some_specs() {
  std::vector<FeatureMapSpec> some;
  for (const FeatureMapSpec& spec : property::specs(kDim, kFrequencies)) {
    if (std::holds_alternative<OrthogonalProjection>(spec.projection)) some.push_back(spec);
  }
  return some;
}

}  // namespace

TEMPLATE_TEST_CASE("inputs and outputs of any strides have the same bits", "[property][layout]",
                   float, double) {
  const Matrix<TestType> x = property::rows<TestType>(kRows, kDim);
  for (const FeatureMapSpec& spec : some_specs()) {
    INFO(to_text(spec));
    const FeatureMap<TestType> map(spec);
    const auto plain = property::apply<TestType>(map, x);
    const Matrix<TestType> dphi = property::rows<TestType>(kRows, map.num_features(), 1.0, 1);
    Matrix<TestType> dx(kRows, kDim);
    map.pullback(Side::query, x, dphi, dx);

    for (auto& input : layouts<TestType>(kRows, kDim)) {
      copy(x.view(), input.view());
      CHECK(property::apply<TestType>(map, input.view()) == plain);
    }
    for (auto& output : layouts<TestType>(kRows, map.num_features())) {
      std::vector<std::int32_t> exponent(kRows);
      map.apply(Side::query, x, {output.view(), exponent});
      CHECK(exponent == plain.exponent);
      CHECK(same(output.view(), plain.phi.view()));
    }
    auto cotangents = layouts<TestType>(kRows, map.num_features());
    auto gradients = layouts<TestType>(kRows, kDim);
    for (std::size_t l = 0; l < cotangents.size(); ++l) {
      copy(dphi.view(), cotangents[l].view());
      map.pullback(Side::query, x, cotangents[l].view(), gradients[l].view());
      CHECK(same(gradients[l].view(), dx.view()));
    }
  }
}

TEMPLATE_TEST_CASE("a stride of zero repeats a row or a column", "[property][layout]", float,
                   double) {
  const Matrix<TestType> one = property::rows<TestType>(1, kDim);
  for (const FeatureMapSpec& spec : some_specs()) {
    INFO(to_text(spec));
    const FeatureMap<TestType> map(spec);
    const auto repeated =
        property::apply<TestType>(map, MatrixView<const TestType>(one.data(), kRows, kDim, 0, 1));
    const auto single = property::apply<TestType>(map, one);
    for (Index i = 0; i < kRows; ++i) {
      CHECK(repeated.exponent[static_cast<std::size_t>(i)] == single.exponent[0]);
      CHECK(std::equal(single.phi.row(0), single.phi.row(0) + map.num_features(),
                       repeated.phi.row(i)));
    }
    Matrix<TestType> constant(1, kDim);
    std::fill_n(constant.data(), kDim, one(0, 0));
    CHECK(
        property::apply<TestType>(map, MatrixView<const TestType>(one.data(), 1, kDim, kDim, 0)) ==
        property::apply<TestType>(map, constant));
  }
}

TEMPLATE_TEST_CASE("rows that end with memory are read to their end and not written",
                   "[property][layout]", float, double) {
  const Matrix<TestType> x = property::rows<TestType>(kRows, kDim);
  test::GuardedArray<TestType> input(kRows * kDim);
  std::copy_n(x.data(), x.size(), input.data());
  input.forbid_writing();
  const MatrixView<const TestType> view(input.data(), kRows, kDim, kDim, 1);
  for (const FeatureMapSpec& spec : some_specs()) {
    INFO(to_text(spec));
    const FeatureMap<TestType> map(spec);
    const Index columns = map.num_features();
    test::GuardedArray<TestType> phi(kRows * columns);
    std::vector<std::int32_t> exponent(kRows);
    map.apply(Side::query, view, {{phi.data(), kRows, columns, columns, 1}, exponent});
    const auto plain = property::apply<TestType>(map, x);
    CHECK(exponent == plain.exponent);
    CHECK(std::equal(phi.data(), phi.data() + phi.size(), plain.phi.data()));

    phi.forbid_writing();
    test::GuardedArray<TestType> dx(kRows * kDim);
    map.pullback(Side::query, view, {phi.data(), kRows, columns, columns, 1},
                 MatrixView<TestType>(dx.data(), kRows, kDim, kDim, 1));
    Matrix<TestType> expected(kRows, kDim);
    map.pullback(Side::query, x, plain.phi, expected);
    CHECK(std::equal(dx.data(), dx.data() + dx.size(), expected.data()));
  }
}
