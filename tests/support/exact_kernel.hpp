// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/kernel/kernel.hpp>

#include <boost/math/special_functions/bessel.hpp>
#include <boost/math/special_functions/gamma.hpp>

#include <cmath>
#include <cstddef>
#include <numbers>
#include <variant>
#include <vector>

/// \file
/// Kernels in long double, from their formulas alone: differences first, no expansions.

namespace bochner::testing {

using Long = long double;
using LongRow = std::vector<Long>;

/// A value, and what one unit of relative rounding of the inputs of its outermost elementary
/// functions may change it by: the scale of a tolerance.
struct ExactValue {
  Long value = 0.0L;
  Long sensitivity = 0.0L;
};

class ExactKernel {
 public:
  /// x and y as they are given, in any precision.
  ExactKernel(LongRow x, LongRow y) : x_(std::move(x)), y_(std::move(y)) {}

  ExactValue operator()(const Kernel& kernel) const {
    return std::visit([&](const auto& k) { return of(k); }, kernel);
  }

 private:
  LongRow transformed(const Metric& metric, const LongRow& row) const {
    LongRow out(row.size(), 0.0L);
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (const auto* isotropic = std::get_if<Isotropic>(&metric)) {
        out[i] = row[i] / isotropic->lengthscale;
      } else if (const auto* diagonal = std::get_if<Diagonal>(&metric)) {
        out[i] = row[i] / diagonal->lengthscales[i];
      } else {
        for (std::size_t k = 0; k < row.size(); ++k) {
          out[i] += std::get<Full>(metric).matrix[i * row.size() + k] * row[k];
        }
      }
    }
    return out;
  }

  LongRow difference() const {
    LongRow out(x_.size());
    for (std::size_t k = 0; k < out.size(); ++k) out[k] = x_[k] - y_[k];
    return out;
  }

  static Long product(const LongRow& a, const LongRow& b) {
    Long sum = 0.0L;
    for (std::size_t k = 0; k < a.size(); ++k) sum += a[k] * b[k];
    return sum;
  }

  Long distance(const Metric& metric) const {
    const LongRow u = transformed(metric, difference());
    return std::sqrt(product(u, u));
  }

  /// exp(log_value): errors of the exponent count whole.
  static ExactValue exponential(Long log_value) {
    const Long value = std::exp(log_value);
    return {value, value * (1.0L + std::abs(log_value))};
  }

  ExactValue of(const GaussianKernel& k) const {
    const Long r = distance(k.metric);
    return exponential(-0.5L * r * r);
  }
  ExactValue of(const LaplacianKernel& k) const { return exponential(-distance(k.metric)); }
  ExactValue of(const MaternKernel& k) const {
    const Long nu = k.nu;
    const Long t = std::sqrt(2.0L * nu) * distance(k.metric);
    if (t < 1e-100L) return {1.0L, 1.0L};
    if (t > 10000.0L) return {0.0L, 0.0L};
    const Long value = std::exp((1.0L - nu) * std::log(2.0L) - std::lgamma(nu) + nu * std::log(t)) *
                       boost::math::cyl_bessel_k(nu, t);
    return {value, value * (1.0L + t)};
  }
  ExactValue of(const CauchyKernel& k) const {
    const Long r = distance(k.metric);
    const Long value = 1.0L / (1.0L + r * r);
    return {value, value};
  }
  ExactValue of(const RationalQuadraticKernel& k) const {
    const Long r = distance(k.metric);
    return exponential(-static_cast<Long>(k.alpha) *
                       std::log1p(r * r / (2.0L * static_cast<Long>(k.alpha))));
  }
  ExactValue of(const ExponentiatedPowerKernel& k) const {
    return exponential(-std::pow(distance(k.metric), static_cast<Long>(k.alpha)));
  }
  ExactValue of(const GeneralisedCauchyKernel& k) const {
    return exponential(-static_cast<Long>(k.beta) *
                       std::log1p(std::pow(distance(k.metric), static_cast<Long>(k.alpha))));
  }
  ExactValue of(const ProductLaplacianKernel& k) const {
    Long sum = 0.0L;
    for (const Long u : transformed(k.metric, difference())) sum += std::abs(u);
    return exponential(-sum);
  }
  ExactValue of(const ProductCauchyKernel& k) const {
    Long value = 1.0L;
    for (const Long u : transformed(k.metric, difference())) value /= 1.0L + u * u;
    return {value, value};
  }
  ExactValue of(const SpectralMixtureKernel& k) const {
    constexpr Long kTwoPi = 2.0L * std::numbers::pi_v<Long>;
    ExactValue out;
    const LongRow d = difference();
    for (const SpectralComponent& c : k.components) {
      Long square = 0.0L;
      Long cycles = 0.0L;
      for (std::size_t i = 0; i < d.size(); ++i) {
        const Long spread = c.scales[c.scales.size() == 1 ? 0 : i] * d[i];
        square += spread * spread;
        const Long turns = c.means[c.means.size() == 1 ? 0 : i] * d[i];
        cycles += turns - std::nearbyint(turns);
      }
      const Long exponent = -0.5L * kTwoPi * kTwoPi * square;
      const Long envelope = c.weight * std::exp(exponent);
      out.value += envelope * std::cos(kTwoPi * cycles);
      out.sensitivity += envelope * (1.0L + std::abs(exponent));
    }
    return out;
  }
  ExactValue of(const SoftmaxKernel& k) const {
    return exponential(k.scale * product(transformed(k.metric, x_), transformed(k.metric, y_)));
  }
  ExactValue of(const PolynomialKernel& k) const {
    const Long s = product(transformed(k.metric, x_), transformed(k.metric, y_));
    return {std::pow(s + k.offset, static_cast<Long>(k.degree)),
            k.degree * std::pow(std::abs(s) + k.offset, static_cast<Long>(k.degree))};
  }
  ExactValue of(const DotProductKernel& k) const {
    const Long s = product(transformed(k.metric, x_), transformed(k.metric, y_));
    ExactValue out;
    for (std::size_t n = k.coefficients.size(); n-- > 0;) {
      out.value = out.value * s + k.coefficients[n];
      out.sensitivity = out.sensitivity * std::abs(s) + k.coefficients[n];
    }
    out.sensitivity *= static_cast<Long>(k.coefficients.size());
    return out;
  }

  /// The angle [Kahan]: no cosine near 1 is inverted.
  static Long angle(const LongRow& u, const LongRow& v) {
    const Long a = std::sqrt(product(u, u));
    const Long b = std::sqrt(product(v, v));
    LongRow minus(u.size());
    LongRow plus(u.size());
    for (std::size_t k = 0; k < u.size(); ++k) {
      minus[k] = u[k] / a - v[k] / b;
      plus[k] = u[k] / a + v[k] / b;
    }
    return 2.0L * std::atan2(std::sqrt(product(minus, minus)), std::sqrt(product(plus, plus)));
  }
  ExactValue of(const AngularKernel& k) const {
    const Long t = angle(transformed(k.metric, x_), transformed(k.metric, y_));
    return {1.0L - 2.0L * t / std::numbers::pi_v<Long>, kAngleError};
  }
  ExactValue of(const ArcCosineKernel& k) const {
    const LongRow u = transformed(k.metric, x_);
    const LongRow v = transformed(k.metric, y_);
    const Long t = angle(u, v);
    const Long rest = std::numbers::pi_v<Long> - t;
    const Long lengths =
        std::pow(std::sqrt(product(u, u)) * std::sqrt(product(v, v)), static_cast<Long>(k.order));
    const Long j[] = {
        rest, std::sin(t) + rest * std::cos(t),
        3.0L * std::sin(t) * std::cos(t) + rest * (1.0L + 2.0L * std::cos(t) * std::cos(t))};
    Long value = lengths * j[k.order] / std::numbers::pi_v<Long>;
    // sqrt(2) c E max(g, 0)^n, n = 0, 1, 2: 1/2, 1 / sqrt(2 pi), 1/2.
    const Long half[] = {0.5L, 0.5L * std::sqrt(2.0L / std::numbers::pi_v<Long>), 0.5L};
    const auto single = [&](const LongRow& w) {
      return std::sqrt(2.0L) * k.offset * half[k.order] *
             std::pow(std::sqrt(product(w, w)), static_cast<Long>(k.order));
    };
    value += single(u) + single(v) + static_cast<Long>(k.offset) * k.offset;
    return {value, std::abs(value) * 4.0L + lengths * (k.order == 0 ? kAngleError : 4.0L)};
  }
  ExactValue of(const SumKernel& k) const {
    ExactValue out;
    for (const KernelTerm& term : k.terms) {
      const ExactValue part = of_term(term);
      out.value += part.value;
      out.sensitivity += part.sensitivity;
    }
    return out;
  }
  ExactValue of(const ProductKernel& k) const {
    ExactValue out{1.0L, 0.0L};
    for (const KernelTerm& term : k.terms) {
      const ExactValue part = of_term(term);
      out = {out.value * part.value, std::abs(out.value) * part.sensitivity +
                                         std::abs(part.value) * (out.sensitivity + 1.0L)};
    }
    return out;
  }
  ExactValue of_term(const KernelTerm& term) const {
    LongRow x;
    LongRow y;
    for (std::size_t k = 0; k < x_.size(); ++k) {
      if (!term.columns.empty() && k >= term.columns.size()) break;
      const std::size_t column =
          term.columns.empty() ? k : static_cast<std::size_t>(term.columns[k]);
      x.push_back(x_[column]);
      y.push_back(y_[column]);
    }
    const ExactValue part = ExactKernel(x, y)(term.kernel);
    return {term.weight * part.value, term.weight * part.sensitivity};
  }

  /// The square root of eps over the tolerance's eps: what a step function of the angle is good for
  /// near 0 and pi.
  static constexpr Long kAngleError = 4e4L;

  LongRow x_;
  LongRow y_;
};

}  // namespace bochner::testing
