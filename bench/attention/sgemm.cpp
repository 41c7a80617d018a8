// SPDX-License-Identifier: Apache-2.0
#include "bench/attention/sgemm.hpp"

#include <memory>
#include <vector>

#include <cblas.h>

namespace bochner::bench {

Work sgemm(Report& report) {
  constexpr int kSize = 2048;
  openblas_set_num_threads(1);
  report.note("sgemm: OpenBLAS, kernels for %s", openblas_get_corename());
  const std::vector<float> ones(std::size_t{kSize} * kSize, 1.0F);
  struct Matrices {
    std::vector<float> a, b, c;
  };
  const auto matrices = std::make_shared<Matrices>(Matrices{ones, ones, ones});
  return {.call =
              [matrices] {
                cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, kSize, kSize, kSize, 1.0F,
                            matrices->a.data(), kSize, matrices->b.data(), kSize, 0.0F,
                            matrices->c.data(), kSize);
              },
          .amount = 2.0 * kSize * kSize * kSize};
}

}  // namespace bochner::bench
