// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <mutex>
#include <vector>

/// \file
/// Cross moments of two orthogonal rows with complementary radii, F(R1) + F(R2) = 1 for the law F
/// of chi(d) [Reid24].
///
/// Their sum has a uniform direction and the squared length Q = R1^2 + R2^2, of mean 2d, so that
/// with n = d/2
///   E e^{z.(w1 + w2)}     = E 0F1(; n;  |z|^2 Q / 4),
///   E cos(v.w1) cos(v.w2) = E 0F1(; n; -|v|^2 Q / 4),
/// means over one uniform number u = F(R1). With u = Phi(x) the integrand is an even, analytic
/// function of x times the normal density, which the trapezoidal rule integrates to working
/// accuracy (docs/theory/variance.md).

namespace bochner::estimator {

/// For d >= 2. Nodes are computed when first needed: safe to share between threads.
class PairedRadii {
 public:
  explicit PairedRadii(double dim) : dim_(dim) {}

  /// 1 - E h1 h2 / (E h)^2 for h = e^{2a |w|^2} e^{sqrt(1 - 4a) w.z}, a < 1/8, s = |z|^2; the same
  /// for cosh in place of exp. With a = 0 it is 2 s^2 / (d + 2) for small s and large d, and unlike
  /// that of independent radii it depends on a. Error below 1e-14 times one row's variance.
  double deficit(double a, double s) const;

  /// E cos(v.w1) cos(v.w2) - e^{-s}, s = |v|^2. Error below 1e-14 min(1, s^2); from s = 10^6 on the
  /// moment, at most s^{-d/4}, counts as zero.
  double cosine_covariance(double s) const;

 private:
  struct Node {
    double excess;  ///< Q - 2d
    double weight;
  };
  /// Steps are halved so often, for the frequencies of s = 10^6 and more.
  static constexpr int kLevels = 6;

  std::vector<Node> make_nodes(int level) const;
  const std::vector<Node>& nodes(int level = 0) const;

  double dim_;
  mutable std::mutex building_;
  mutable std::array<std::vector<Node>, kLevels> nodes_;
};

}  // namespace bochner::estimator
