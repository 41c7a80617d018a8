// SPDX-License-Identifier: Apache-2.0
#include "simd/elementary.hpp"
#include "simd/engine.hpp"
#include "simd/scalar_hadamard-inl.hpp"
#include "simd/tables.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

/// \file
/// Every kernel in plain loops: the reference of the tests, and the engine of machines without a
/// vector target.

namespace bochner::simd {
namespace {

template <Scalar T>
void pack_rows(const T* x, Index row_stride, Index col_stride, Index rows, Index cols,
               const T* centre, const T* scale, T* out, Index ld, double* squared_norm) noexcept {
  for (Index r = 0; r < rows; ++r) {
    std::array<double, 8> sums{};
    T* row = out + r * ld;
    for (Index k = 0; k < padded<T>(cols); ++k) {
      T value = 0;
      if (k < cols) {
        value = x[r * row_stride + k * col_stride];
        if (centre) value -= centre[k];
        if (scale) value *= scale[k];
      }
      row[k] = value;
      double& sum = sums[static_cast<std::size_t>(k % 8)];
      sum = std::fma(static_cast<double>(value), static_cast<double>(value), sum);
    }
    squared_norm[r] =
        ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
  }
}

constexpr std::int32_t kMassless = std::numeric_limits<std::int32_t>::min();

template <Scalar T>
void project(const T* x, Index ldx, Index rows, const T* packed, Index depth, Index cols, T* out,
             Index ldo) noexcept {
  for (Index r = 0; r < rows; ++r) {
    for (Index j = 0; j < cols; ++j) {
      const T* w = packed + j / kPanel<T> * kPanel<T> * depth + j % kPanel<T>;
      T sum = 0;
      for (Index k = 0; k < depth; ++k) sum = std::fma(x[r * ldx + k], w[k * kPanel<T>], sum);
      out[r * ldo + j] = sum;
    }
  }
}

template <Scalar T>
void affine_rows(T* block, Index ld, Index rows, Index cols, T scale,
                 const T* column_offset) noexcept {
  for (Index r = 0; r < rows; ++r) {
    for (Index j = 0; j < cols; ++j) {
      T& value = block[r * ld + j];
      value = column_offset ? std::fma(scale, value, column_offset[j]) : scale * value;
    }
  }
}

template <Scalar T>
void mirror_rows(T* block, Index ld, Index rows, Index cols, const T* column_offset) noexcept {
  for (Index r = 0; r < rows; ++r) {
    for (Index j = 0; j < cols; ++j) {
      const T value = block[r * ld + j];
      const T offset = column_offset ? column_offset[j] : T{0};
      block[r * ld + j] = offset + value;
      block[r * ld + cols + j] = offset - value;
    }
  }
}

template <Scalar T>
void exp2_rows(T* block, Index ld, Index rows, Index cols, const T* fraction,
               std::int32_t* exponent) noexcept {
  for (Index r = 0; r < rows; ++r) {
    T* row = block + r * ld;
    T maximum = -std::numeric_limits<T>::infinity();
    for (Index j = 0; j < cols; ++j) maximum = row[j] > maximum ? row[j] : maximum;
    std::int32_t e = 0;
    if (std::abs(maximum) < static_cast<T>(kMaxRowExponent)) {
      e = static_cast<std::int32_t>(std::ceil(maximum));
      exponent[r] += e;
      if (std::abs(maximum) > Constants<T>::kMaxLog2 / 2) {
        for (Index j = 0; j < cols; ++j) row[j] -= static_cast<T>(e);
        e = 0;
      }
    }
    const auto offset = exp2_offset<T>(static_cast<double>(fraction[r]));
    for (Index j = 0; j < cols; ++j) row[j] = exp2_shifted(row[j], offset, e);
  }
}

template <Scalar T>
void exp2_columns(T* block, Index ld, Index rows, Index cols, const double* row_offset,
                  const std::int32_t* column_exponent, T* sums, const Ahead&) noexcept {
  for (Index j = 0; sums && j < cols; ++j) sums[j] = T{0};
  for (Index r = 0; r < rows; ++r) {
    T* row = block + r * ld;
    const auto offset = exp2_offset<T>(row_offset ? row_offset[r] : 0.0);
    for (Index j = 0; j < cols; ++j) {
      const std::int32_t e = column_exponent ? column_exponent[j] : 0;
      row[j] = e == kMassless ? T{0} : exp2_shifted(row[j], offset, e);
      if (sums) sums[j] += row[j];
    }
  }
}

/// The whole number at or above a maximum, where it is one that carries an exponent.
template <Scalar T>
bool row_exponent(T maximum, std::int32_t& e) noexcept {
  if (!(std::abs(maximum) < static_cast<T>(kMaxRowExponent))) return false;
  e = static_cast<std::int32_t>(std::ceil(maximum));
  return true;
}

template <Scalar T>
void exp2_weights(T* block, Index ld, Index rows, Index cols, const std::int32_t* column_exponent,
                  std::int32_t* row_exponents, const Ahead&) noexcept {
  const auto none = exp2_offset<T>(0.0);
  for (Index r = 0; r < rows; ++r) {
    T* row = block + r * ld;
    T maximum = -std::numeric_limits<T>::infinity();
    for (Index j = 0; j < cols; ++j) {
      if (column_exponent[j] == kMassless) continue;
      const T value = row[j] + static_cast<T>(column_exponent[j]);
      maximum = value > maximum ? value : maximum;
    }
    std::int32_t e = 0;
    row_exponent(maximum, e);
    row_exponents[r] = e;
    for (Index j = 0; j < cols; ++j) {
      const std::int32_t c = column_exponent[j];
      row[j] = c == kMassless ? T{0} : exp2_shifted(row[j], none, e - c);
    }
  }
}

/// 2^(from - to) for whole numbers from < to; 0 below the normal numbers.
template <Scalar T>
T power_between(T from, T to) noexcept {
  using C = Constants<T>;
  const T difference = std::max(from - to, static_cast<T>(-C::kBias));
  return power_of_two<T>(static_cast<typename C::Signed>(difference));
}

/// sum_j a[j] x[j], or of a alone, in interleaved chains.
template <Scalar T>
T row_product(const T* a, const T* x, Index n) noexcept {
  std::array<T, static_cast<std::size_t>(kPanel<T>)> chains{};
  for (Index j = 0; j < n; ++j) {
    T& chain = chains[static_cast<std::size_t>(j % kPanel<T>)];
    chain = x ? std::fma(a[j], x[j], chain) : chain + a[j];
  }
  for (std::size_t half = chains.size() / 2; half > 0; half /= 2) {
    for (std::size_t l = 0; l < half; ++l) chains[l] += chains[l + half];
  }
  return chains[0];
}

template <Scalar T>
void softmax_rows(T* block, Index ld, Index rows, const std::int32_t* count, T* exponent,
                  T* rescale, T* sum) noexcept {
  using C = Constants<T>;
  constexpr T kUnseen = -std::numeric_limits<T>::infinity();
  const auto none = exp2_offset<T>(0.0);
  for (Index r = 0; r < rows; ++r) {
    T* row = block + r * ld;
    T maximum = kUnseen;
    for (Index j = 0; j < count[r]; ++j) maximum = row[j] > maximum ? row[j] : maximum;
    const T e = std::max(std::isfinite(maximum) ? std::ceil(maximum) : kUnseen, exponent[r]);
    rescale[r] = T{1};
    if (e != exponent[r]) rescale[r] = power_between(exponent[r], e);
    exponent[r] = e;
    T down = e == kUnseen ? T{0} : e;
    if (std::abs(down) > C::kMaxLog2 / 2) {  // too large to be split: exact for what is near e
      for (Index j = 0; j < count[r]; ++j) row[j] -= down;
      down = T{0};
    }
    for (Index j = 0; j < count[r]; ++j) {
      row[j] = exp2_shifted(row[j], none, static_cast<std::int32_t>(down));
    }
    sum[r] = rescale[r] * sum[r] + row_product(row, static_cast<const T*>(nullptr), count[r]);
  }
}

template <Scalar T>
void column_sums(const T* block, Index ld, Index rows, Index cols, const T* weight,
                 T* out) noexcept {
  for (Index j = 0; j < cols; ++j) {
    T total = 0;
    for (Index r = 0; r < rows; ++r) {
      total = weight ? std::fma(block[r * ld + j], weight[r], total) : total + block[r * ld + j];
    }
    out[j] = total;
  }
}

template <Scalar T>
void sincos_rows(T* block, Index ld, Index rows, Index cols, const T* scale) noexcept {
  for (Index r = 0; r < rows; ++r) {
    for (Index j = 0; j < cols; ++j) {
      const auto [sine, cosine] = simd::sincos(block[r * ld + j]);
      block[r * ld + j] = scale[r] * cosine;
      block[r * ld + cols + j] = scale[r] * sine;
    }
  }
}

template <Scalar T>
void cos_rows(T* block, Index ld, Index rows, Index cols, const T* scale) noexcept {
  for (Index r = 0; r < rows; ++r) {
    for (Index j = 0; j < cols; ++j) {
      block[r * ld + j] = scale[r] * simd::sincos(block[r * ld + j]).cosine;
    }
  }
}

template <Scalar T>
void rectify_rows(T* block, Index ld, Index rows, Index cols, int order, T factor, const T* scale,
                  const T* offset) noexcept {
  for (Index r = 0; r < rows; ++r) {
    for (Index j = 0; j < cols; ++j) {
      T& out = block[r * ld + j];
      const T value = scale[r] * out;
      const T positive = value < 0 ? T{0} : value;  // a NaN stays
      T power = positive;
      if (order == 0 && value == value) power = positive > 0 ? T{1} : T{0};
      if (order == 2) power = positive * positive;
      out = std::fma(factor, power, offset ? offset[r] : T{0});
    }
  }
}

template <Scalar T>
void exp(const T* x, T* out, Index n) noexcept {
  for (Index i = 0; i < n; ++i) out[i] = exponential(x[i]);
}

template <Scalar T>
void sincos(const T* x, T* cosine, T* sine, Index n) noexcept {
  for (Index i = 0; i < n; ++i) {
    const auto both = simd::sincos(x[i]);
    cosine[i] = both.cosine;
    sine[i] = both.sine;
  }
}

template <Scalar T>
void accumulate(const T* phi, Index ldphi, Index rows, Index features, const T* v, Index ldv,
                Index values, const T* weight, T* s, Index lds) noexcept {
  for (Index first = 0; first < rows; first += kFoldRows) {
    const Index last = std::min(rows, first + kFoldRows);
    for (Index j = 0; j < features; ++j) {
      for (Index c = 0; c < values; ++c) {
        T sum = 0;
        for (Index r = first; r < last; ++r) {
          const T value = weight ? weight[r] * v[r * ldv + c] : v[r * ldv + c];
          sum = std::fma(phi[r * ldphi + j], value, sum);
        }
        s[j * lds + c] += sum;
      }
    }
  }
}

template <Scalar T>
void contract(const T* phi, Index ldphi, Index rows, Index features, const T* s, Index lds,
              Index values, T* out, Index ldo) noexcept {
  for (Index r = 0; r < rows; ++r) {
    for (Index c = 0; c < values; ++c) {
      T sum = 0;
      for (Index j = 0; j < features; ++j) sum = std::fma(phi[r * ldphi + j], s[j * lds + c], sum);
      out[r * ldo + c] = sum;
    }
  }
}

/// c[i][j] += sum_r a[r][i] b[r][j] for j < width(i), in folds.
template <Scalar T, class Width>
void fold_products(const T* a, Index lda, Index a_cols, const T* b, Index ldb, Index rows,
                   double* c, Index ldc, const Width& width) noexcept {
  for (Index first = 0; first < rows; first += kFoldRows) {
    const Index last = std::min(rows, first + kFoldRows);
    for (Index i = 0; i < a_cols; ++i) {
      for (Index j = 0; j < width(i); ++j) {
        T sum = 0;
        for (Index r = first; r < last; ++r) sum = std::fma(a[r * lda + i], b[r * ldb + j], sum);
        c[i * ldc + j] += static_cast<double>(sum);
      }
    }
  }
}

template <Scalar T>
void rank_update(const T* phi, Index ldphi, Index rows, Index features, double* c,
                 Index ldc) noexcept {
  fold_products(phi, ldphi, features, phi, ldphi, rows, c, ldc, [](Index i) { return i + 1; });
}

template <Scalar T>
void cross_update(const T* a, Index lda, Index a_cols, const T* b, Index ldb, Index b_cols,
                  Index rows, double* c, Index ldc) noexcept {
  fold_products(a, lda, a_cols, b, ldb, rows, c, ldc, [b_cols](Index) { return b_cols; });
}

template <Scalar T>
void row_products(const T* block, Index ld, Index rows, Index cols, const std::int32_t* count,
                  const T* x, T* out) noexcept {
  for (Index r = 0; r < rows; ++r) out[r] = row_product(block + r * ld, x, count ? count[r] : cols);
}

template <Scalar T>
void contract_prefixes(const T* a, Index lda, Index rows, const std::int32_t* count, const T* s,
                       Index lds, Index values, T* out, Index ldo) noexcept {
  for (Index r = 0; r < rows; ++r) {
    contract(a + r * lda, lda, 1, count[r], s, lds, values, out + r * ldo, ldo);
  }
}

template <Scalar T>
void pack_transposed(const T* a, Index lda, Index rows, Index cols, const T* scale,
                     T* packed) noexcept {
  for (Index first = 0; first < rows; first += kPanel<T>) {
    for (Index j = 0; j < cols; ++j) {
      const T factor = scale ? scale[j] : T{1};
      for (Index r = first; r < first + kPanel<T>; ++r) {
        *packed++ = r < rows ? factor * a[r * lda + j] : T{0};
      }
    }
  }
}

template <Scalar T>
void add_compensated(T* sum, T* rest, const T* x, Index ld, Index rows, Index cols,
                     const T* sum_scale, const T* x_scale) noexcept {
  for (Index r = 0; r < rows; ++r) {
    for (Index i = r * ld; i < r * ld + cols; ++i) {
      const T a = sum_scale[r] * sum[i];
      const T b = x_scale[r] * x[i];
      const T total = a + b;
      const T other = total - a;
      const T error = (a - (total - other)) + (b - other);
      const T correction = sum_scale[r] * rest[i] + error;
      sum[i] = total + correction;
      rest[i] = correction - (sum[i] - total);
    }
  }
}

template <Scalar T>
constexpr Kernels<T> kTable = {.name = "scalar",
                               .lanes = 1,
                               .pack_rows = pack_rows<T>,
                               .project = project<T>,
                               .affine_rows = affine_rows<T>,
                               .mirror_rows = mirror_rows<T>,
                               .exp2_rows = exp2_rows<T>,
                               .exp2_columns = exp2_columns<T>,
                               .exp2_weights = exp2_weights<T>,
                               .sincos_rows = sincos_rows<T>,
                               .cos_rows = cos_rows<T>,
                               .rectify_rows = rectify_rows<T>,
                               .exp = exp<T>,
                               .sincos = sincos<T>,
                               .fwht = plain::fwht<T>,
                               .hadamard = plain::hadamard<T>,
                               .accumulate = accumulate<T>,
                               .contract = contract<T>,
                               .rank_update = rank_update<T>,
                               .cross_update = cross_update<T>,
                               .softmax_rows = softmax_rows<T>,
                               .column_sums = column_sums<T>,
                               .row_products = row_products<T>,
                               .contract_prefixes = contract_prefixes<T>,
                               .pack_transposed = pack_transposed<T>,
                               .add_compensated = add_compensated<T>};

}  // namespace

template <Scalar T>
const Kernels<T>& scalar_kernels() {
  return kTable<T>;
}

template const Kernels<float>& scalar_kernels();
template const Kernels<double>& scalar_kernels();

}  // namespace bochner::simd
