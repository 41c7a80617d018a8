// SPDX-License-Identifier: Apache-2.0
#include "bench/engine/openblas.hpp"

#include "simd/engine.hpp"

#include <cblas.h>

namespace bochner::bench {
namespace {

blasint integer(Index n) { return static_cast<blasint>(n); }

}  // namespace

void announce(Report& report) {
  report.note("OpenBLAS: %s; engine: %.*s", openblas_get_config(),
              static_cast<int>(simd::kernels<float>().name.size()),
              simd::kernels<float>().name.data());
}

void set_openblas_threads(int count) { openblas_set_num_threads(count); }

void openblas_product(const float* x, const float* w, float* out, Index n, Index d, Index m) {
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, integer(n), integer(m), integer(d), 1.0F,
              x, integer(d), w, integer(m), 0.0F, out, integer(m));
}

void openblas_product(const double* x, const double* w, double* out, Index n, Index d, Index m) {
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, integer(n), integer(m), integer(d), 1.0, x,
              integer(d), w, integer(m), 0.0, out, integer(m));
}

void openblas_rank_update(const float* phi, float* c, Index n, Index m) {
  cblas_ssyrk(CblasRowMajor, CblasLower, CblasTrans, integer(m), integer(n), 1.0F, phi, integer(m),
              1.0F, c, integer(m));
}

}  // namespace bochner::bench
