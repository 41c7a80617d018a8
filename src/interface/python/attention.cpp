// SPDX-License-Identifier: Apache-2.0
#include "interface/python/attention.hpp"

#include "interface/python/interrupt.hpp"
#include "interface/python/maps.hpp"
#include "interface/python/module.hpp"
#include "interface/python/registry.hpp"

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace bochner::python {
namespace {

using Threads = std::optional<int>;

/// One map for all heads, or one per key head.
using Maps = std::vector<const AnyMap*>;

using Held = HeldAttentionOptions;

std::span<const Index> positions(const Maybe& array) {
  return array ? vector<Index>(*array) : std::span<const Index>{};
}

template <Scalar T>
std::vector<FeatureMap<T>> drawn(const Maps& maps) {
  std::vector<FeatureMap<T>> out;
  for (const AnyMap* const map : maps) out.push_back(map->in<T>());
  return out;
}

nb::dict attention(const Maps& maps, const Input& q, const Input& k, const Input& v,
                   const Output& out, const Held& options, Threads threads) {
  return to_dict(unlocked(q, [&]<class T>() {
    const std::vector<FeatureMap<T>> each = drawn<T>(maps);
    const AttentionInputs<T> inputs{tensor<T>(q), tensor<T>(k), tensor<T>(v)};
    if (each.size() == 1) {
      return bochner::attention<T>(each.front(), inputs, tensor<T>(out), options.view(),
                                   interruptible(threads));
    }
    return bochner::attention<T>(std::span<const FeatureMap<T>>(each), inputs, tensor<T>(out),
                                 options.view(), interruptible(threads));
  }));
}

void attention_gradient(const Maps& maps, const Input& q, const Input& k, const Input& v,
                        const Input& out, const Input& dout, const Output& dq, const Output& dk,
                        const Output& dv, const Held& options, Threads threads) {
  unlocked(q, [&]<class T>() {
    const std::vector<FeatureMap<T>> each = drawn<T>(maps);
    const AttentionInputs<T> inputs{tensor<T>(q), tensor<T>(k), tensor<T>(v)};
    const AttentionGradients<T> gradients{tensor<T>(dq), tensor<T>(dk), tensor<T>(dv)};
    if (each.size() == 1) {
      bochner::attention_gradient<T>(each.front(), inputs, tensor<T>(out), tensor<T>(dout),
                                     gradients, options.view(), interruptible(threads));
    } else {
      bochner::attention_gradient<T>(std::span<const FeatureMap<T>>(each), inputs, tensor<T>(out),
                                     tensor<T>(dout), gradients, options.view(),
                                     interruptible(threads));
    }
  });
}

nb::dict exact_attention(const Kernel& kernel, const Input& q, const Input& k, const Input& v,
                         const Output& out, const Held& options, const Maybe& bias,
                         Threads threads) {
  return to_dict(unlocked(q, [&]<class T>() {
    const auto written = tensor<T>(out);
    const auto biases = tensor_or_none<T>(bias);
    return bochner::exact_attention<T>(kernel, {tensor<T>(q), tensor<T>(k), tensor<T>(v)}, written,
                                       options.view(), biases, interruptible(threads));
  }));
}

void exact_attention_gradient(const Kernel& kernel, const Input& q, const Input& k, const Input& v,
                              const Input& out, const Input& dout, const Output& dq,
                              const Output& dk, const Output& dv, const Held& options,
                              const Maybe& bias, Threads threads) {
  unlocked(q, [&]<class T>() {
    const AttentionGradients<T> gradients{tensor<T>(dq), tensor<T>(dk), tensor<T>(dv)};
    const auto biases = tensor_or_none<T>(bias);
    bochner::exact_attention_gradient<T>(kernel, {tensor<T>(q), tensor<T>(k), tensor<T>(v)},
                                         tensor<T>(out), tensor<T>(dout), gradients, options.view(),
                                         biases, interruptible(threads));
  });
}

nb::dict attention_with_error(const AnyMap& map, const Input& q, const Input& k, const Input& v,
                              const Output& out, const Output& standard_error, const Held& options,
                              int redraws, Threads threads) {
  const AttentionErrorReport report = unlocked(q, [&]<class T>() {
    return bochner::attention_with_error<T>(map.in<T>(), {tensor<T>(q), tensor<T>(k), tensor<T>(v)},
                                            tensor<T>(out), tensor<T>(standard_error),
                                            options.view(), {redraws}, interruptible(threads));
  });
  nb::dict result;
  result["attention"] = to_dict(report.attention);
  result["source"] = std::string(name_of(report.source));
  result["groups"] = report.groups;
  result["degrees_of_freedom"] = report.degrees_of_freedom;
  return result;
}

double attention_error_factor(double degrees_of_freedom, double level) {
  AttentionErrorReport report;
  report.degrees_of_freedom = degrees_of_freedom;
  return report.factor(level);
}

nb::dict attention_report(const AnyMap& map, const Input& q, const Input& k, const Input& v,
                          Index sample_rows, const Held& options, Threads threads) {
  const AttentionComparison found = unlocked(q, [&]<class T>() {
    return bochner::attention_report<T>(map.in<T>(), {tensor<T>(q), tensor<T>(k), tensor<T>(v)},
                                        sample_rows, options.view(), interruptible(threads));
  });
  nb::dict norms;
  norms["mean"] = found.norms.mean;
  norms["median"] = found.norms.median;
  norms["upper"] = found.norms.upper;
  norms["largest"] = found.norms.largest;
  nb::dict result;
  result["attention"] = to_dict(found.attention);
  result["rows"] = found.rows;
  result["output_error"] = found.output_error;
  result["predicted_error"] = found.predicted_error;
  result["prediction_holds"] = found.prediction_holds;
  result["prediction_is_upper"] = found.prediction_is_upper;
  result["norms"] = norms;
  result["centred_mean"] = found.centred_mean;
  result["advice"] = std::string(name_of(found.advice));
  result["frequencies_needed"] = found.frequencies_needed;
  result["sentence"] = found.sentence;
  return result;
}

/// Rows of (batch, head, query).
std::vector<AttentionRow> rows_of(const Input& table) {
  const auto from = matrix<Index>(table);
  std::vector<AttentionRow> rows;
  for (Index r = 0; r < from.rows; ++r) rows.push_back({from(r, 0), from(r, 1), from(r, 2)});
  return rows;
}

void attention_rows(const AnyMap& map, const Input& q, const Input& k, const Input& rows,
                    const Output& out, const Held& options, Threads threads) {
  unlocked(q, [&]<class T>() {
    bochner::attention_rows<T>(map.in<T>(), tensor<T>(q), tensor<T>(k), rows_of(rows),
                               matrix<T>(out), options.view(), interruptible(threads));
  });
}

void exact_attention_rows(const Kernel& kernel, const Input& q, const Input& k, const Input& rows,
                          const Output& out, const Held& options, Threads threads) {
  unlocked(q, [&]<class T>() {
    bochner::exact_attention_rows<T>(kernel, tensor<T>(q), tensor<T>(k), rows_of(rows),
                                     matrix<T>(out), options.view(), interruptible(threads));
  });
}

double softmax_scale_gradient(const Kernel& kernel, const Input& q, const Input& k, const Input& dq,
                              const Input& dk) {
  return unlocked(q, [&]<class T>() {
    const AttentionInputs<T> inputs{tensor<T>(q), tensor<T>(k), {}};
    return bochner::softmax_scale_gradient<T>(kernel, inputs, tensor<T>(dq), tensor<T>(dk));
  });
}

Mask mask_of(bool causal) { return causal ? Mask::causal : Mask::none; }

AttentionCosts costs_of(double product, double weight, double feature, double fold) {
  return {.product = product, .weight = weight, .feature = feature, .fold = fold};
}

nb::dict attention_costs() {
  const AttentionCosts costs;
  nb::dict result;
  result["product"] = costs.product;
  result["weight"] = costs.weight;
  result["feature"] = costs.feature;
  result["fold"] = costs.fold;
  return result;
}

}  // namespace

HeldAttentionOptions::HeldAttentionOptions(const std::string& mask, Index query_offset,
                                           Maybe key_mask, Maybe key_lengths, Maybe cu_seqlens,
                                           Maybe cu_seqlens_keys, const std::string& products,
                                           Maybe allowed, Index window)
    : key_mask_(std::move(key_mask)),
      key_lengths_(std::move(key_lengths)),
      cu_seqlens_(std::move(cu_seqlens)),
      cu_seqlens_keys_(std::move(cu_seqlens_keys)),
      allowed_(std::move(allowed)) {
  view_.mask = choice<Mask>("mask", mask);
  view_.query_offset = query_offset;
  if (key_mask_) view_.key_mask = matrix<bool>(*key_mask_);
  view_.key_lengths = positions(key_lengths_);
  view_.cu_seqlens = positions(cu_seqlens_);
  view_.cu_seqlens_keys = positions(cu_seqlens_keys_);
  view_.products = choice<Products>("products", products);
  view_.allowed = tensor_or_none<bool>(allowed_);
  view_.window = window;
}

nb::dict to_dict(const AttentionReport& report) {
  nb::dict result;
  result["empty_rows"] = report.empty_rows;
  result["underflowed_rows"] = report.underflowed_rows;
  result["negative_rows"] = report.negative_rows;
  result["nonfinite_rows"] = report.nonfinite_rows;
  result["arithmetic"] = report.arithmetic;
  return result;
}

void define_attention(nb::module_& m) {
  nb::class_<Held>(m, "AttentionOptions")
      .def(nb::init<const std::string&, Index, Maybe, Maybe, Maybe, Maybe, const std::string&,
                    Maybe, Index>(),
           nb::arg("mask"), nb::arg("query_offset"), nb::arg("key_mask").none(),
           nb::arg("key_lengths").none(), nb::arg("cu_seqlens").none(),
           nb::arg("cu_seqlens_keys").none(), nb::arg("products"), nb::arg("allowed").none(),
           nb::arg("window"));
  m.def("attention", &attention, nb::arg("maps"), nb::arg("queries"), nb::arg("keys"),
        nb::arg("values"), nb::arg("out"), nb::arg("options"), nb::arg("num_threads").none());
  m.def("attention_gradient", &attention_gradient, nb::arg("maps"), nb::arg("queries"),
        nb::arg("keys"), nb::arg("values"), nb::arg("out"), nb::arg("out_gradient"), nb::arg("dq"),
        nb::arg("dk"), nb::arg("dv"), nb::arg("options"), nb::arg("num_threads").none());
  m.def("exact_attention", &exact_attention, nb::arg("kernel"), nb::arg("queries"), nb::arg("keys"),
        nb::arg("values"), nb::arg("out"), nb::arg("options"), nb::arg("bias").none(),
        nb::arg("num_threads").none());
  m.def("exact_attention_gradient", &exact_attention_gradient, nb::arg("kernel"),
        nb::arg("queries"), nb::arg("keys"), nb::arg("values"), nb::arg("out"),
        nb::arg("out_gradient"), nb::arg("dq"), nb::arg("dk"), nb::arg("dv"), nb::arg("options"),
        nb::arg("bias").none(), nb::arg("num_threads").none());
  m.def("attention_with_error", &attention_with_error, nb::arg("map"), nb::arg("queries"),
        nb::arg("keys"), nb::arg("values"), nb::arg("out"), nb::arg("standard_error"),
        nb::arg("options"), nb::arg("redraws"), nb::arg("num_threads").none());
  m.def("attention_error_factor", &attention_error_factor, nb::arg("degrees_of_freedom"),
        nb::arg("level"));
  m.def("attention_report", &attention_report, nb::arg("map"), nb::arg("queries"), nb::arg("keys"),
        nb::arg("values"), nb::arg("sample_rows"), nb::arg("options"),
        nb::arg("num_threads").none());
  m.def("attention_rows", &attention_rows, nb::arg("map"), nb::arg("queries"), nb::arg("keys"),
        nb::arg("rows"), nb::arg("out"), nb::arg("options"), nb::arg("num_threads").none());
  m.def("exact_attention_rows", &exact_attention_rows, nb::arg("kernel"), nb::arg("queries"),
        nb::arg("keys"), nb::arg("rows"), nb::arg("out"), nb::arg("options"),
        nb::arg("num_threads").none());
  m.def("softmax_scale_gradient", &softmax_scale_gradient, nb::arg("kernel"), nb::arg("queries"),
        nb::arg("keys"), nb::arg("query_gradient"), nb::arg("key_gradient"));
  m.def("head_spec", [](const FeatureMapSpec& base, Index layer, Index head) {
    return HeadSpecs(base)(layer, head);
  });
  m.def("attention_costs", &attention_costs);
  m.def("attention_nanoseconds",
        [](const std::string& backend, Index queries, Index keys, Index dim, Index num_features,
           bool causal, double product, double weight, double feature, double fold) {
          return attention_nanoseconds(choice<AttentionBackend>("backend", backend),
                                       {queries, keys}, dim, num_features, mask_of(causal),
                                       costs_of(product, weight, feature, fold));
        });
  m.def("attention_backend",
        [](Index queries, Index keys, Index dim, Index num_features, bool causal, double product,
           double weight, double feature, double fold) {
          return std::string(
              name_of(attention_backend({queries, keys}, dim, num_features, mask_of(causal),
                                        costs_of(product, weight, feature, fold))));
        });
}

}  // namespace bochner::python
