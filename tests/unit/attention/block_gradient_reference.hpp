// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "block_reference.hpp"
#include "dense_features.hpp"

/// \file
/// Gradients of attention by blocks and means, from the definition of its weights.

namespace bochner::testing {

/// What the gradient of a mean counts.
enum class MeanGradient {
  whole,
  without_variance,  ///< wrong: as if the variances of a block did not depend on its keys
  without_constant   ///< wrong for Gaussian kernels: as if a block's own terms were constants
};

/// Of one head without masked keys in the order given. With w_t the weights of a row, Z their sum
/// and o its output, dL/dw_t = dL/do . (v_t - o) / Z and dL/dv_t = w_t dL/do / Z.
class BlockGradientReference {
 public:
  BlockGradientReference(const FeatureMap<double>& map, const Qkv<double>& x,
                         const AttentionOptions& options, MeanGradient means = MeanGradient::whole)
      : map_(map),
        x_(x),
        options_(options),
        means_(means),
        scale_(row_scale(map.spec().kernel)),
        softmax_(std::holds_alternative<SoftmaxKernel>(map.spec().kernel)),
        phi_q_(map, Side::query, head(x.q, 0, 0)),
        phi_k_(map, Side::key, head(x.k, 0, 0)),
        dphi_q_(x.q.extents[2], map.num_features()),
        dphi_k_(x.k.extents[2], map.num_features()),
        dq_(x.q.elements.size()),
        dk_(x.k.elements.size()),
        dv_(x.v.elements.size()) {}

  Qkv<double> of(const Tensor<double>& slope) {
    const auto chosen = choices(map_.spec().kernel, x_, options_);
    for (Index i = 0; i < x_.q.extents[2]; ++i) {
      row(i, chosen[static_cast<std::size_t>(i / options_.exact.blocks.query_rows)], slope);
    }
    Qkv<double> d = x_;
    phi_q_.pull(map_, Side::query, head(x_.q, 0, 0), std::move(dphi_q_), d.q.elements.data());
    phi_k_.pull(map_, Side::key, head(x_.k, 0, 0), std::move(dphi_k_), d.k.elements.data());
    std::fill(d.v.elements.begin(), d.v.elements.end(), 0.0);
    add(dq_, d.q);
    add(dk_, d.k);
    add(dv_, d.v);
    return d;
  }

 private:
  using Sums = std::vector<long double>;

  /// One weight of a row: of the keys first .. end - 1, which are one key unless they are a mean.
  struct Term {
    Weigh how;
    Index first;
    Index end;
    long double weight;
    Sums value;
  };

  static void add(const Sums& from, Tensor<double>& to) {
    for (std::size_t e = 0; e < from.size(); ++e) to.elements[e] += static_cast<double>(from[e]);
  }
  static long double& at(Sums& sums, const Tensor<double>& like, Index r, Index c) {
    return sums[static_cast<std::size_t>(r * like.extents[3] + c)];
  }
  bool sees(Index i, Index j) const {
    return options_.mask == Mask::none || j <= i + options_.query_offset;
  }

  std::vector<Term> terms(Index i, const std::set<Index>& chosen) const {
    std::vector<Term> out;
    const Index keys = x_.k.extents[2];
    const Index width = options_.exact.blocks.key_rows;
    const auto value = [&](Index first, Index end) {
      Sums mean(static_cast<std::size_t>(x_.v.extents[3]));
      for (Index j = first; j < end; ++j) {
        for (std::size_t c = 0; c < mean.size(); ++c) {
          mean[c] += x_.v(0, 0, j, static_cast<Index>(c)) / static_cast<long double>(end - first);
        }
      }
      return mean;
    };
    for (Index first = 0; first < keys; first += width) {
      const Index end = std::min(first + width, keys);
      const bool exactly = chosen.count(first / width) > 0;
      if (!exactly && (options_.rest == Rest::none || !sees(i, end - 1))) continue;
      if (!exactly && options_.rest == Rest::means) {
        const long double log = log_mass(map_.spec().kernel, x_, i, first, end);
        out.push_back({Weigh::not_at_all, first, end, std::exp(log), value(first, end)});
        continue;
      }
      for (Index j = first; j < end; ++j) {
        if (!sees(i, j)) continue;
        long double weight = 0.0L;
        if (exactly) {
          weight = exp2l(log2_kernel(map_.spec().kernel, &x_.q(0, 0, i, 0), &x_.k(0, 0, j, 0),
                                     x_.k.extents[3]));
        } else {
          for (Index f = 0; f < map_.num_features(); ++f) {
            weight += static_cast<long double>(phi_q_.phi(i, f)) * phi_k_.phi(j, f);
          }
        }
        out.push_back(
            {exactly ? Weigh::exactly : Weigh::by_features, j, j + 1, weight, value(j, j + 1)});
      }
    }
    return out;
  }

  void row(Index i, const std::set<Index>& chosen, const Tensor<double>& slope) {
    const std::vector<Term> all = terms(i, chosen);
    long double normaliser = 0.0L;
    long double along = 0.0L;  // dL/do . o
    const auto product = [&](const Sums& value) {
      long double sum = 0.0L;
      for (std::size_t c = 0; c < value.size(); ++c) {
        sum += value[c] * slope(0, 0, i, static_cast<Index>(c));
      }
      return sum;
    };
    for (const Term& t : all) {
      normaliser += t.weight;
      along += t.weight * product(t.value);
    }
    if (normaliser == 0.0L) return;
    along /= normaliser;
    for (const Term& t : all) {
      const auto n = static_cast<long double>(t.end - t.first);
      for (Index j = t.first; j < t.end; ++j) {
        for (Index c = 0; c < x_.v.extents[3]; ++c) {
          at(dv_, x_.v, j, c) += t.weight * slope(0, 0, i, c) / (normaliser * n);
        }
      }
      const long double of_weight = (product(t.value) - along) / normaliser;
      if (t.how == Weigh::by_features) {
        for (Index f = 0; f < map_.num_features(); ++f) {
          dphi_q_(i, f) += static_cast<double>(of_weight * phi_k_.phi(t.first, f));
          dphi_k_(t.first, f) += static_cast<double>(of_weight * phi_q_.phi(i, f));
        }
      } else if (t.how == Weigh::exactly) {
        pair(i, t.first, of_weight * t.weight);
      } else {
        mean(i, t.first, t.end, of_weight * t.weight);
      }
    }
  }

  /// Adds `of_log` times the gradient of log k(q_i, k_j).
  void pair(Index i, Index j, long double of_log) {
    for (Index c = 0; c < x_.q.extents[3]; ++c) {
      const auto q = static_cast<long double>(x_.q(0, 0, i, c));
      const auto k = static_cast<long double>(x_.k(0, 0, j, c));
      at(dq_, x_.q, i, c) += scale_ * scale_ * of_log * (softmax_ ? k : k - q);
      at(dk_, x_.k, j, c) += scale_ * scale_ * of_log * (softmax_ ? q : q - k);
    }
  }

  /// The same for the log of the mass of a block.
  void mean(Index i, Index first, Index end, long double of_log) {
    const auto n = static_cast<long double>(end - first);
    for (Index c = 0; c < x_.q.extents[3]; ++c) {
      const auto key = [&](Index j) { return scale_ * x_.k(0, 0, j, c); };
      const long double q = scale_ * x_.q(0, 0, i, c);
      long double m = 0.0L;
      long double s = 0.0L;
      for (Index j = first; j < end; ++j) m += key(j) / n;
      for (Index j = first; j < end; ++j) s += (key(j) - m) * (key(j) - m) / n;
      const long double of_mean = softmax_ ? q : (q - m) * (1.0L - s);
      const long double of_variance = 0.5L * (softmax_ ? q * q : (q - m) * (q - m) - 1.0L);
      at(dq_, x_.q, i, c) += scale_ * of_log * (softmax_ ? m + q * s : (m - q) * (1.0L - s));
      const bool varies = means_ != MeanGradient::without_variance;
      long double wrong = 0.0L;  // the part that the terms without the query have
      if (means_ == MeanGradient::without_constant && !softmax_) wrong = m * (1.0L - s);
      for (Index j = first; j < end; ++j) {
        const long double own = 2.0L * (key(j) - m) * of_variance;
        at(dk_, x_.k, j, c) += scale_ * of_log * (of_mean + wrong + (varies ? own : 0.0L)) / n;
      }
    }
  }

  const FeatureMap<double>& map_;
  const Qkv<double>& x_;
  const AttentionOptions& options_;
  MeanGradient means_;
  long double scale_;
  bool softmax_;
  Features phi_q_;
  Features phi_k_;
  Matrix<double> dphi_q_;
  Matrix<double> dphi_k_;
  Sums dq_;
  Sums dk_;
  Sums dv_;
};

}  // namespace bochner::testing
