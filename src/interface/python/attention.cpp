// SPDX-License-Identifier: Apache-2.0
#include "interface/python/attention.hpp"

#include "interface/python/interrupt.hpp"
#include "interface/python/module.hpp"
#include "interface/python/registry.hpp"
#include "interface/python/stored_arrays.hpp"

#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace bochner::python {
namespace {

using Threads = std::optional<int>;

using Held = HeldAttentionOptions;

nb::dict attention(const Maps& maps, const Input& q, const Input& k, const Input& v,
                   const Output& out, const Held& options, Threads threads) {
  return to_dict(unlocked_stored(q, [&]<class N>() {
    const AttentionInputs<N> inputs{tensor<N>(q), tensor<N>(k), tensor<N>(v)};
    return with_maps<ScalarFor<N>>(maps, [&](const auto& each) {
      return with_output<N>(out, [&](const auto& written) {
        return bochner::attention(each, inputs, written, options.view(), interruptible(threads));
      });
    });
  }));
}

void attention_gradient(const Maps& maps, const Input& q, const Input& k, const Input& v,
                        const Input& out, const Input& dout, const MaybeOutput& dq,
                        const MaybeOutput& dk, const MaybeOutput& dv, const MaybeOutput& dgates,
                        const Held& options, Threads threads) {
  unlocked(q, [&]<class T>() {
    const AttentionInputs<T> inputs{tensor<T>(q), tensor<T>(k), tensor<T>(v)};
    const auto gradients = gradients_in<T>(dq, dk, dv, dgates);
    with_maps<T>(maps, [&](const auto& each) {
      bochner::attention_gradient<T>(each, inputs, tensor<T>(out), tensor<T>(dout), gradients,
                                     options.view(), interruptible(threads));
    });
  });
}

nb::dict exact_attention(const Kernel& kernel, const Input& q, const Input& k, const Input& v,
                         const Output& out, const Held& options, const Maybe& bias,
                         Threads threads) {
  return to_dict(unlocked_stored(q, [&]<class N>() {
    const AttentionInputs<N> inputs{tensor<N>(q), tensor<N>(k), tensor<N>(v)};
    const auto biases = tensor_or_none<ScalarFor<N>>(bias);
    return with_output<N>(out, [&](const auto& written) {
      return bochner::exact_attention(kernel, inputs, written, options.view(), biases,
                                      interruptible(threads));
    });
  }));
}

void exact_attention_gradient(const Kernel& kernel, const Input& q, const Input& k, const Input& v,
                              const Input& out, const Input& dout, const MaybeOutput& dq,
                              const MaybeOutput& dk, const MaybeOutput& dv,
                              const MaybeOutput& dgates, const Held& options, const Maybe& bias,
                              Threads threads) {
  unlocked(q, [&]<class T>() {
    const auto gradients = gradients_in<T>(dq, dk, dv, dgates);
    const auto biases = tensor_or_none<T>(bias);
    bochner::exact_attention_gradient<T>(kernel, {tensor<T>(q), tensor<T>(k), tensor<T>(v)},
                                         tensor<T>(out), tensor<T>(dout), gradients, options.view(),
                                         biases, interruptible(threads));
  });
}

nb::dict attention_with_error(const Maps& maps, const Input& q, const Input& k, const Input& v,
                              const Output& out, const Output& standard_error, const Held& options,
                              int redraws, Threads threads) {
  return to_dict(unlocked(q, [&]<class T>() {
    const AttentionInputs<T> inputs{tensor<T>(q), tensor<T>(k), tensor<T>(v)};
    return with_maps<T>(maps, [&](const auto& each) {
      return bochner::attention_with_error<T>(each, inputs, tensor<T>(out),
                                              tensor<T>(standard_error), options.view(), {redraws},
                                              interruptible(threads));
    });
  }));
}

double attention_error_factor(double degrees_of_freedom, double level) {
  AttentionErrorReport report;
  report.degrees_of_freedom = degrees_of_freedom;
  return report.factor(level);
}

/// One comparison of all heads, or one per map.
nb::list attention_report(const Maps& maps, const Input& q, const Input& k, const Input& v,
                          Index sample_rows, const Held& options, Threads threads) {
  const std::vector<AttentionComparison> found = unlocked(q, [&]<class T>() {
    const AttentionInputs<T> inputs{tensor<T>(q), tensor<T>(k), tensor<T>(v)};
    const auto compare = [&](const auto& each) {
      return bochner::attention_report<T>(each, inputs, sample_rows, options.view(),
                                          interruptible(threads));
    };
    return with_maps<T>(maps, [&]<class Each>(const Each& each) {
      if constexpr (std::same_as<Each, FeatureMap<T>>) {
        return std::vector<AttentionComparison>{compare(each)};
      } else {
        return compare(each);
      }
    });
  });
  nb::list result;
  for (const AttentionComparison& comparison : found) result.append(to_dict(comparison));
  return result;
}

/// Rows of (batch, head, query).
std::vector<AttentionRow> rows_of(const Input& table) {
  const auto from = matrix<Index>(table);
  std::vector<AttentionRow> rows;
  for (Index r = 0; r < from.rows; ++r) rows.push_back({from(r, 0), from(r, 1), from(r, 2)});
  return rows;
}

void attention_rows(const Maps& maps, const Input& q, const Input& k, const Input& rows,
                    const Output& out, const Held& options, Threads threads) {
  unlocked(q, [&]<class T>() {
    with_maps<T>(maps, [&](const auto& each) {
      bochner::attention_rows<T>(each, tensor<T>(q), tensor<T>(k), rows_of(rows), matrix<T>(out),
                                 options.view(), interruptible(threads));
    });
  });
}

void exact_attention_rows(const Kernel& kernel, const Input& q, const Input& k, const Input& rows,
                          const Output& out, const Held& options, Threads threads) {
  unlocked(q, [&]<class T>() {
    bochner::exact_attention_rows<T>(kernel, tensor<T>(q), tensor<T>(k), rows_of(rows),
                                     matrix<T>(out), options.view(), interruptible(threads));
  });
}

/// (spec, mean square) of each key head.
nb::list calibrate(const FeatureMapSpec& base, Index layer, const Input& q, const Input& k,
                   const std::string& fit, const Maybe& query_mask, const Maybe& key_mask,
                   Threads threads) {
  const auto how_much = choice<Calibration>("fit", fit);
  const std::vector<CalibratedHead> found = unlocked(q, [&]<class T>() {
    CalibrationOptions options{.fit = how_much};
    if (query_mask) options.query_mask = matrix<bool>(*query_mask);
    if (key_mask) options.key_mask = matrix<bool>(*key_mask);
    return bochner::calibrate<T>(HeadSpecs(base), layer, tensor<T>(q), tensor<T>(k), options,
                                 interruptible(threads));
  });
  nb::list result;
  for (const CalibratedHead& head : found) {
    result.append(nb::make_tuple(head.spec, head.mean_square));
  }
  return result;
}

double softmax_scale_gradient(const Kernel& kernel, const Input& q, const Input& k, const Input& dq,
                              const Input& dk) {
  return unlocked(q, [&]<class T>() {
    const AttentionInputs<T> inputs{tensor<T>(q), tensor<T>(k), {}};
    return bochner::softmax_scale_gradient<T>(kernel, inputs, tensor<T>(dq), tensor<T>(dk));
  });
}

Mask mask_of(bool causal) { return causal ? Mask::causal : Mask::none; }

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
                                           Maybe query_offsets, Maybe key_mask, Maybe key_lengths,
                                           Maybe cu_seqlens, Maybe cu_seqlens_keys,
                                           const std::string& products, Maybe allowed, Index window,
                                           Maybe decay, Maybe gates, const ExactPairs& exact,
                                           const std::string& rest)
    : query_offsets_(std::move(query_offsets)),
      key_mask_(std::move(key_mask)),
      key_lengths_(std::move(key_lengths)),
      cu_seqlens_(std::move(cu_seqlens)),
      cu_seqlens_keys_(std::move(cu_seqlens_keys)),
      allowed_(std::move(allowed)),
      decay_(std::move(decay)),
      gates_(std::move(gates)) {
  view_.mask = choice<Mask>("mask", mask);
  view_.query_offset = query_offset;
  view_.query_offsets = positions(query_offsets_);
  if (key_mask_) view_.key_mask = matrix<bool>(*key_mask_);
  view_.key_lengths = positions(key_lengths_);
  view_.cu_seqlens = positions(cu_seqlens_);
  view_.cu_seqlens_keys = positions(cu_seqlens_keys_);
  view_.products = choice<Products>("products", products);
  view_.allowed = tensor_or_none<bool>(allowed_);
  view_.window = window;
  if (decay_) view_.decay = vector<double>(*decay_);
  view_.gates = gates_or_none(gates_);
  view_.exact = exact;
  view_.rest = choice<Rest>("rest", rest);
}

void define_attention(nb::module_& m) {
  nb::module_ options = nb::borrow<nb::module_>(m.attr("options"));
  declare_options<KeyBlocks>(options, "KeyBlocks");
  declare_options<ExactPairs>(options, "ExactPairs");
  define_options<KeyBlocks>();
  define_options<ExactPairs>();
  nb::class_<Held>(m, "AttentionOptions")
      .def(
          nb::init<const std::string&, Index, Maybe, Maybe, Maybe, Maybe, Maybe, const std::string&,
                   Maybe, Index, Maybe, Maybe, const ExactPairs&, const std::string&>(),
          nb::arg("mask"), nb::arg("query_offset"), nb::arg("query_offsets").none(),
          nb::arg("key_mask").none(), nb::arg("key_lengths").none(), nb::arg("cu_seqlens").none(),
          nb::arg("cu_seqlens_keys").none(), nb::arg("products"), nb::arg("allowed").none(),
          nb::arg("window"), nb::arg("decay").none(), nb::arg("gates").none(), nb::arg("exact"),
          nb::arg("rest"));
  m.def("attention", &attention, nb::arg("maps"), nb::arg("queries"), nb::arg("keys"),
        nb::arg("values"), nb::arg("out"), nb::arg("options"), nb::arg("num_threads").none());
  m.def("attention_gradient", &attention_gradient, nb::arg("maps"), nb::arg("queries"),
        nb::arg("keys"), nb::arg("values"), nb::arg("out"), nb::arg("out_gradient"),
        nb::arg("dq").none(), nb::arg("dk").none(), nb::arg("dv").none(), nb::arg("dgates").none(),
        nb::arg("options"), nb::arg("num_threads").none());
  m.def("exact_attention", &exact_attention, nb::arg("kernel"), nb::arg("queries"), nb::arg("keys"),
        nb::arg("values"), nb::arg("out"), nb::arg("options"), nb::arg("bias").none(),
        nb::arg("num_threads").none());
  m.def("exact_attention_gradient", &exact_attention_gradient, nb::arg("kernel"),
        nb::arg("queries"), nb::arg("keys"), nb::arg("values"), nb::arg("out"),
        nb::arg("out_gradient"), nb::arg("dq").none(), nb::arg("dk").none(), nb::arg("dv").none(),
        nb::arg("dgates").none(), nb::arg("options"), nb::arg("bias").none(),
        nb::arg("num_threads").none());
  m.def("attention_with_error", &attention_with_error, nb::arg("maps"), nb::arg("queries"),
        nb::arg("keys"), nb::arg("values"), nb::arg("out"), nb::arg("standard_error"),
        nb::arg("options"), nb::arg("redraws"), nb::arg("num_threads").none());
  m.def("attention_error_factor", &attention_error_factor, nb::arg("degrees_of_freedom"),
        nb::arg("level"));
  m.def("attention_report", &attention_report, nb::arg("maps"), nb::arg("queries"), nb::arg("keys"),
        nb::arg("values"), nb::arg("sample_rows"), nb::arg("options"),
        nb::arg("num_threads").none());
  m.def("attention_rows", &attention_rows, nb::arg("maps"), nb::arg("queries"), nb::arg("keys"),
        nb::arg("rows"), nb::arg("out"), nb::arg("options"), nb::arg("num_threads").none());
  m.def("exact_attention_rows", &exact_attention_rows, nb::arg("kernel"), nb::arg("queries"),
        nb::arg("keys"), nb::arg("rows"), nb::arg("out"), nb::arg("options"),
        nb::arg("num_threads").none());
  m.def("softmax_scale_gradient", &softmax_scale_gradient, nb::arg("kernel"), nb::arg("queries"),
        nb::arg("keys"), nb::arg("query_gradient"), nb::arg("key_gradient"));
  m.def("head_spec", [](const FeatureMapSpec& base, Index layer, Index head) {
    return HeadSpecs(base)(layer, head);
  });
  m.def("calibrate", &calibrate, nb::arg("base"), nb::arg("layer"), nb::arg("queries"),
        nb::arg("keys"), nb::arg("fit"), nb::arg("query_mask").none(), nb::arg("key_mask").none(),
        nb::arg("num_threads").none());
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
