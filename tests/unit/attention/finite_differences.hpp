// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "reference.hpp"

#include <bochner/client/attention/gradient.hpp>

#include <catch2/catch.hpp>

/// \file
/// Gradients of attention beside differences of its output.

namespace bochner::testing {

/// The output.
template <class T>
Tensor<T> forward(const FeatureMap<T>& map, const Qkv<T>& x, const AttentionOptions& options) {
  Tensor<T> out = x.output();
  attention<T>(map, x.inputs(), out.view(), options);
  return out;
}

/// Gradients of sum slope . out.
template <class T>
Qkv<T> gradient(const FeatureMap<T>& map, const Qkv<T>& x, const Tensor<T>& slope,
                const AttentionOptions& options, int threads = 1) {
  const Tensor<T> out = forward(map, x, options);
  Qkv<T> d = x;
  attention_gradient<T>(map, x.inputs(), out.view(), slope.view(),
                        {d.q.view(), d.k.view(), d.v.view()}, options, Execution{threads});
  return d;
}

/// sum a b
template <class T>
double product(const Tensor<T>& a, const Tensor<T>& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.elements.size(); ++i) {
    sum += static_cast<double>(a.elements[i]) * static_cast<double>(b.elements[i]);
  }
  return sum;
}

/// x + step direction
inline Tensor<double> moved(const Tensor<double>& x, const Tensor<double>& direction, double step) {
  Tensor<double> y = x;
  for (std::size_t i = 0; i < y.elements.size(); ++i) {
    y.elements[i] += step * direction.elements[i];
  }
  return y;
}

/// x moved along one part of a direction.
inline Qkv<double> moved(const Qkv<double>& x, Tensor<double> Qkv<double>::*part,
                         const Qkv<double>& direction, double step) {
  Qkv<double> y = x;
  y.*part = moved(x.*part, direction.*part, step);
  return y;
}

/// The step of the differences below: smaller ones lose digits, larger ones are no derivatives.
inline constexpr double kStep = 1e-5;

/// Gradients `d` along `direction` are differences of sum slope . out.
inline void check_differences(const FeatureMap<double>& map, const Qkv<double>& x,
                              const Qkv<double>& direction, const Tensor<double>& slope,
                              const AttentionOptions& options, const Qkv<double>& d) {
  for (const auto part : {&Qkv<double>::q, &Qkv<double>::k, &Qkv<double>::v}) {
    const auto at = [&](double step) {
      return product(forward(map, moved(x, part, direction, step), options), slope);
    };
    const double expected = (at(kStep) - at(-kStep)) / (2.0 * kStep);
    CHECK(std::abs(product(d.*part, direction.*part) - expected) <=
          1e-6 * (1.0 + std::abs(expected)));
  }
}

}  // namespace bochner::testing
