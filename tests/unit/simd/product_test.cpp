// SPDX-License-Identifier: Apache-2.0
#include "compare.hpp"
#include "guarded.hpp"

#include <cmath>
#include <random>

#include <catch2/catch.hpp>

using namespace bochner::simd;
using namespace bochner::simd::test;
using bochner::Index;
using bochner::test::GuardedArray;

namespace {

/// Largest difference of two sums of `terms` products whose magnitudes add up to `magnitude`: that
/// of rounding each product and each sum, in either of them.
template <class T>
double rounding_bound(Index terms, double magnitude) {
  return 2.0 * static_cast<double>(terms + 2) * std::numeric_limits<T>::epsilon() * magnitude;
}

template <class T>
void check_same(const Kernels<T>& table, T value, T reference, Index terms, double magnitude) {
  if (fused(table)) {
    if (!same(value, reference)) FAIL_CHECK(table.name << ": " << value << " for " << reference);
  } else {
    const double error = std::abs(static_cast<double>(value) - static_cast<double>(reference));
    if (!(error <= rounding_bound<T>(terms, magnitude))) {
      FAIL_CHECK(table.name << ": " << value << " for " << reference << ", " << terms << " terms");
    }
  }
}

template <class T>
GuardedArray<T>& packed_into(GuardedArray<T>& packed, const Block<T>& w) {
  pack_columns<T>(bochner::MatrixView<const T>(w.data(), w.rows(), w.cols(), w.ld(), 1),
                  packed.data());
  return packed;
}

}  // namespace

TEMPLATE_TEST_CASE("packing puts columns into padded panels", "[simd]", float, double) {
  using T = TestType;
  constexpr Index kP = kPanel<T>;
  const Index depth = 3;
  const Index cols = kP + 2;
  std::vector<double> w(static_cast<std::size_t>(depth * cols));
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = static_cast<double>(i) + 1.0;
  // Column-major, so that strides matter.
  const bochner::MatrixView<const double> view(w.data(), depth, cols, 1, depth);
  GuardedArray<T> packed(depth * padded<T>(cols));
  pack_columns<T>(view, packed.data());
  for (Index k = 0; k < depth; ++k) {
    for (Index j = 0; j < padded<T>(cols); ++j) {
      const T expected = j < cols ? static_cast<T>(view(k, j)) : T{0};
      CHECK(packed[j / kP * kP * depth + k * kP + j % kP] == expected);
    }
  }
}

TEMPLATE_TEST_CASE("project agrees with the plain kernel in every shape up to 40", "[simd]", float,
                   double) {
  using T = TestType;
  constexpr Index kMost = 40;
  Normals normal(1);
  for (Index depth = 0; depth <= kMost; ++depth) {
    const Block<T> x(kMost, depth, depth % 3, std::ref(normal));
    const Block<T> w(depth, kMost, 0, std::ref(normal));
    GuardedArray<T> all(depth * padded<T>(kMost));
    packed_into(all, w);
    Block<T> reference(kMost, kMost);
    scalar_kernels<T>().project(x.data(), x.ld(), kMost, all.data(), depth, kMost, reference.data(),
                                reference.ld());
    for (const auto* table : vector_tables<T>()) {
      for (Index cols = 0; cols <= kMost; ++cols) {
        for (Index rows = 0; rows <= kMost; rows += cols % 8 == 1 ? 1 : 7) {
          Block<T> out(rows, cols, (rows + cols) % 3);
          // Leading panels of the packed frequencies are those of the first columns.
          table->project(x.data(), x.ld(), rows, all.data(), depth, cols, out.data(), out.ld());
          for (Index r = 0; r < rows; ++r) {
            for (Index j = 0; j < cols; ++j) {
              check_same(*table, out(r, j), reference(r, j), depth,
                         static_cast<double>(depth) * 10.0);
            }
          }
          if (!out.gaps_untouched()) FAIL_CHECK(table->name << " wrote between rows");
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("a projected row does not depend on its neighbours", "[simd]", float, double) {
  using T = TestType;
  Normals normal(2);
  const Index depth = 67;
  const Index cols = 51;
  const Block<T> x(kBlockRows, depth, 1, std::ref(normal));
  const Block<T> w(depth, cols, 0, std::ref(normal));
  GuardedArray<T> packed(depth * padded<T>(cols));
  packed_into(packed, w);
  for (const auto* table : available_kernels<T>()) {
    Block<T> together(kBlockRows, cols, 2);
    table->project(x.data(), x.ld(), kBlockRows, packed.data(), depth, cols, together.data(),
                   together.ld());
    for (Index r = 0; r < kBlockRows; ++r) {
      Block<T> alone(1, cols);
      table->project(&x(r, 0), x.ld(), 1, packed.data(), depth, cols, alone.data(), alone.ld());
      for (Index j = 0; j < cols; ++j) {
        if (!same(alone(0, j), together(r, j))) FAIL_CHECK(table->name << ' ' << r << ' ' << j);
      }
    }
  }
}

TEMPLATE_TEST_CASE("products agree with the plain kernels in random shapes", "[simd]", float,
                   double) {
  using T = TestType;
  std::mt19937_64 engine(3);
  Normals normal(4);
  const auto pick = [&](Index most) {
    return std::uniform_int_distribution<Index>(0, most)(engine);
  };
  for (int trial = 0; trial < 60; ++trial) {
    const Index rows = pick(kBlockRows);
    const Index features = pick(300);
    const Index values = pick(90);
    CAPTURE(rows, features, values);
    const Block<T> phi(rows, features, pick(2), std::ref(normal));
    const Block<T> v(rows, values, pick(2), std::ref(normal));
    const Block<T> s(features, values, pick(2), std::ref(normal));
    GuardedArray<T> weight(rows);
    for (Index r = 0; r < rows; ++r) weight[r] = static_cast<T>(normal());
    const Index extra = pick(2);

    Block<T> contracted(rows, values, extra);
    const Kernels<T>& scalar = scalar_kernels<T>();
    scalar.contract(phi.data(), phi.ld(), rows, features, s.data(), s.ld(), values,
                    contracted.data(), contracted.ld());
    Block<T> plain(features, values, extra);
    Block<T> weighted(features, values, extra);
    plain.copy_from(s);
    weighted.copy_from(s);
    scalar.accumulate(phi.data(), phi.ld(), rows, features, v.data(), v.ld(), values, nullptr,
                      plain.data(), plain.ld());
    scalar.accumulate(phi.data(), phi.ld(), rows, features, v.data(), v.ld(), values, weight.data(),
                      weighted.data(), weighted.ld());

    for (const auto* table : vector_tables<T>()) {
      Block<T> out(rows, values, extra);
      table->contract(phi.data(), phi.ld(), rows, features, s.data(), s.ld(), values, out.data(),
                      out.ld());
      for (Index r = 0; r < rows; ++r) {
        for (Index c = 0; c < values; ++c) {
          check_same(*table, out(r, c), contracted(r, c), features,
                     static_cast<double>(features) * 10.0);
        }
      }
      CHECK(out.gaps_untouched());
      for (const bool with_weight : {false, true}) {
        Block<T> sum(features, values, extra);
        sum.copy_from(s);
        table->accumulate(phi.data(), phi.ld(), rows, features, v.data(), v.ld(), values,
                          with_weight ? weight.data() : nullptr, sum.data(), sum.ld());
        const Block<T>& reference = with_weight ? weighted : plain;
        for (Index j = 0; j < features; ++j) {
          for (Index c = 0; c < values; ++c) {
            check_same(*table, sum(j, c), reference(j, c), rows + 1,
                       static_cast<double>(rows + 1) * 30.0);
          }
        }
        CHECK(sum.gaps_untouched());
      }
    }
  }
}

TEMPLATE_TEST_CASE("contract_prefixes sees the first rows only", "[simd]", float, double) {
  using T = TestType;
  std::mt19937_64 engine(7);
  Normals normal(8);
  for (int trial = 0; trial < 30; ++trial) {
    const Index rows = std::uniform_int_distribution<Index>(0, 20)(engine);
    const Index depth = 64;
    const Index values = std::uniform_int_distribution<Index>(0, 40)(engine);
    Block<T> a(rows, depth, 0, std::ref(normal));
    Block<T> s(depth, values, 1, std::ref(normal));
    GuardedArray<std::int32_t> count(rows);
    std::int32_t most = 0;
    for (Index r = 0; r < rows; ++r) {
      count[r] = trial % 2 == 0 ? static_cast<std::int32_t>(r + 3)  // causal
                                : std::uniform_int_distribution<std::int32_t>(0, 60)(engine);
      most = std::max(most, count[r]);
      for (Index k = count[r]; k < depth; ++k) a(r, k) = std::numeric_limits<T>::quiet_NaN();
    }
    for (Index k = most; k < depth; ++k) {
      for (Index c = 0; c < values; ++c) s(k, c) = std::numeric_limits<T>::infinity();
    }
    Block<T> reference(rows, values);
    scalar_kernels<T>().contract_prefixes(a.data(), a.ld(), rows, count.data(), s.data(), s.ld(),
                                          values, reference.data(), reference.ld());
    for (const auto* table : vector_tables<T>()) {
      Block<T> out(rows, values, 1);
      table->contract_prefixes(a.data(), a.ld(), rows, count.data(), s.data(), s.ld(), values,
                               out.data(), out.ld());
      for (Index r = 0; r < rows; ++r) {
        for (Index c = 0; c < values; ++c) {
          if (!std::isfinite(out(r, c))) FAIL_CHECK(table->name << " looked beyond the prefix");
          check_same(*table, out(r, c), reference(r, c), depth, 64 * 10.0);
        }
      }
      CHECK(out.gaps_untouched());
    }
  }
}

TEMPLATE_TEST_CASE("products of small integers are exact everywhere", "[simd]", float, double) {
  using T = TestType;
  SmallIntegers integer(5);
  const Index rows = 64;
  const Index features = 77;
  const Index values = 35;
  const Block<T> phi(rows, features, 1, std::ref(integer));
  const Block<T> v(rows, values, 0, std::ref(integer));
  const Block<T> s(features, values, 0, std::ref(integer));
  for (const auto* table : available_kernels<T>()) {
    INFO(table->name);
    Block<T> out(rows, values);
    table->contract(phi.data(), phi.ld(), rows, features, s.data(), s.ld(), values, out.data(),
                    out.ld());
    GuardedArray<T> packed(features * padded<T>(values));
    packed_into(packed, s);
    Block<T> projected(rows, values);
    table->project(phi.data(), phi.ld(), rows, packed.data(), features, values, projected.data(),
                   projected.ld());
    for (Index r = 0; r < rows; ++r) {
      for (Index c = 0; c < values; ++c) {
        long exact = 0;
        for (Index j = 0; j < features; ++j) {
          exact += std::lround(phi(r, j)) * std::lround(s(j, c));
        }
        REQUIRE(out(r, c) == static_cast<T>(exact));
        REQUIRE(projected(r, c) == static_cast<T>(exact));
      }
    }
    Block<T> sum(features, values);
    sum.copy_from(s);
    table->accumulate(phi.data(), phi.ld(), rows, features, v.data(), v.ld(), values, nullptr,
                      sum.data(), sum.ld());
    for (Index j = 0; j < features; ++j) {
      for (Index c = 0; c < values; ++c) {
        long exact = std::lround(s(j, c));
        for (Index r = 0; r < rows; ++r) exact += std::lround(phi(r, j)) * std::lround(v(r, c));
        REQUIRE(sum(j, c) == static_cast<T>(exact));
      }
    }
  }
}

TEMPLATE_TEST_CASE("accumulate adds every 256 rows to the sums", "[simd]", float, double) {
  using T = TestType;
  Normals normal(6);
  const Index rows = 2 * kFoldRows + 19;
  const Block<T> phi(rows, 21, 0, std::ref(normal));
  const Block<T> v(rows, 18, 0, std::ref(normal));
  GuardedArray<T> weight(rows);
  for (Index r = 0; r < rows; ++r) weight[r] = static_cast<T>(normal());
  for (const auto* table : available_kernels<T>()) {
    INFO(table->name);
    Block<T> once(21, 18);
    Block<T> pieces(21, 18);
    for (Block<T>* sum : {&once, &pieces}) {
      for (Index j = 0; j < 21; ++j) {
        for (Index c = 0; c < 18; ++c) (*sum)(j, c) = T{0};
      }
    }
    table->accumulate(phi.data(), phi.ld(), rows, 21, v.data(), v.ld(), 18, weight.data(),
                      once.data(), once.ld());
    for (Index first = 0; first < rows; first += kFoldRows) {
      table->accumulate(&phi(first, 0), phi.ld(), std::min(kFoldRows, rows - first), 21,
                        &v(first, 0), v.ld(), 18, weight.data() + first, pieces.data(),
                        pieces.ld());
    }
    for (Index j = 0; j < 21; ++j) {
      for (Index c = 0; c < 18; ++c) CHECK(same(once(j, c), pieces(j, c)));
    }
  }
}
