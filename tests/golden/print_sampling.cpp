// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/matrix.hpp"
#include "bochner/random/stream.hpp"
#include "features/degrees.hpp"
#include "features/stage.hpp"
#include "kernel/standard_form.hpp"
#include "linalg/orthonormal.hpp"
#include "projection/count_sketch_operator.hpp"
#include "projection/operator.hpp"
#include "projection/sampling.hpp"
#include "random/complementary_chi.hpp"
#include "random/laws.hpp"
#include "random/quantiles.hpp"

#include <bit>
#include <cinttypes>
#include <cstdio>
#include <span>
#include <string>
#include <utility>
#include <vector>

// Prints draws of every kind that tier A of docs/reproducibility.md promises, exactly: words in
// hexadecimal, numbers as hexadecimal floats, long draws as a digest. Any compiler, with any flags
// but those that change arithmetic, must print the golden file. A new promise is a line here, and
// `print_sampling > tests/golden/sampling.txt`; a line that changes is a broken promise.

namespace {

using bochner::Index;
using bochner::Matrix;
using bochner::Purpose;
using bochner::Seed;
using bochner::Stream;

constexpr Seed kSeed = {0x243f6a8885a308d3};

void print(const std::string& what, std::span<const double> values) {
  std::printf("%s", what.c_str());
  for (const double value : values) std::printf(" %a", value);
  std::printf("\n");
}

/// FNV-1a over the words of the values.
void print_digest(const std::string& what, std::span<const double> values) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const double value : values) {
    hash = (hash ^ std::bit_cast<std::uint64_t>(value)) * 0x100000001b3;
  }
  std::printf("%s digest %016" PRIx64 "\n", what.c_str(), hash);
}

template <class Draw>
std::vector<double> collect(std::size_t count, const Draw& draw) {
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = draw(i);
  return values;
}

std::span<const double> entries(const Matrix<double>& matrix) {
  return {matrix.data(), static_cast<std::size_t>(matrix.size())};
}

void print_words() {
  for (const Purpose purpose : {Purpose::directions, Purpose::study}) {
    for (const std::uint64_t item : {0ull, 1ull, (1ull << 48) - 1}) {
      const Stream stream(kSeed, purpose, item);
      for (const std::uint64_t index : {0ull, 1ull, 2ull, 1ull << 40}) {
        std::printf("bits %u %" PRIu64 " %" PRIu64 " %016" PRIx64 " %016" PRIx64 "\n",
                    static_cast<unsigned>(purpose), item, index, stream.bits(index),
                    stream.substream(1).bits(index));
      }
    }
  }
  for (std::uint64_t index = 0; index < 4; ++index) {
    std::printf("derived seed %016" PRIx64 "\n", derive_seed(kSeed, index).value);
  }
}

void print_draws() {
  const Stream stream(kSeed, Purpose::study, 3);
  print("uniform", collect(8, [&](std::size_t i) { return stream.uniform(i); }));
  print("normal", collect(16, [&](std::size_t i) { return stream.normal(i); }));
  print("sign", collect(8, [&](std::size_t i) { return stream.sign(i); }));
  std::vector<double> bulk(100001);
  stream.normals(0, bulk);
  print_digest("normals", bulk);
  stream.signs(0, bulk);
  print_digest("signs", bulk);
}

void print_laws() {
  const Stream stream(kSeed, Purpose::scales, 5);
  const auto item = [](std::size_t i) { return Stream(kSeed, Purpose::scales, i); };
  for (const Index degrees : {1, 2, 3, 16, 64, 1000}) {
    print("chi " + std::to_string(degrees),
          collect(4, [&](std::size_t i) { return item(i).chi(degrees); }));
  }
  for (const Index degrees : {2, 3, 64, 1000}) {
    const auto draw = [&](std::size_t i) {
      return bochner::complementary_chi(item(i).chi(degrees), degrees);
    };
    const std::string name = "complementary chi " + std::to_string(degrees);
    print(name, collect(4, draw));
    print_digest(name, collect(1000, draw));
  }
  const auto all = [&](const std::string& name, const auto& draw) {
    print(name, collect(4, draw));
    print_digest(name, collect(5000, draw));
  };
  all("exponential", [&](std::size_t i) { return draw_exponential(stream, i); });
  all("laplace", [&](std::size_t i) { return draw_laplace(stream, i); });
  all("cauchy", [&](std::size_t i) { return draw_cauchy(stream, i); });
  for (const double shape : {0.25, 1.0, 2.5, 100.0}) {
    all("gamma " + std::to_string(shape),
        [&](std::size_t i) { return draw_gamma(item(i), shape); });
  }
  for (const double index : {0.25, 0.5, 0.9}) {
    all("stable " + std::to_string(index),
        [&](std::size_t i) { return draw_positive_stable(item(i), index); });
  }
}

void print_orthonormal_rows() {
  for (const Index d : {1, 2, 3, 4, 16, 17, 64, 100, 257}) {
    Matrix<double> q(d, d);
    for (Index i = 0; i < d; ++i) {
      Stream(kSeed, Purpose::directions, static_cast<std::uint64_t>(i))
          .normals(0, {q.row(i), static_cast<std::size_t>(d)});
    }
    bochner::linalg::orthonormal_rows(q);
    const std::string name = "orthonormal rows " + std::to_string(d);
    if (d <= 4) print(name, entries(q));
    print_digest(name, entries(q));
  }
}

void print_frequencies() {
  for (const Index d : {3, 64}) {
    const bochner::FrequencyLaw law{
        .dim = d, .num_frequencies = 2 * d + 1, .spectrum = {}, .seed = kSeed};
    const std::string size = std::to_string(2 * d + 1) + " x " + std::to_string(d);
    print_digest("iid frequencies " + size,
                 entries(draw_frequencies(bochner::IidProjection{}, law)));
    print_digest("orthogonal frequencies " + size,
                 entries(draw_frequencies(bochner::OrthogonalProjection{}, law)));
    print_digest("regularised frequencies " + size,
                 entries(draw_frequencies(
                     bochner::OrthogonalProjection{.radii = bochner::Radii::constant}, law)));
    print_digest("paired frequencies " + size,
                 entries(draw_frequencies(
                     bochner::OrthogonalProjection{.radii = bochner::Radii::paired}, law)));
  }
}

/// Frequencies of scale mixtures: the law of the radii is the kernel's.
void print_mixtures() {
  const std::pair<const char*, bochner::ScaleLaw> laws[] = {
      {"gamma", bochner::GammaScale{.shape = 0.7, .factor = 2.0}},
      {"inverse gamma", bochner::InverseGammaScale{.shape = 2.5, .factor = 2.5}},
      {"stable", bochner::StableScale{.index = 0.75}},
      {"stable gamma", bochner::StableScale{.index = 0.75, .gamma_shape = 1.5}}};
  for (const auto& [name, scale] : laws) {
    const bochner::FrequencyLaw law{
        .dim = 5, .num_frequencies = 11, .spectrum = {scale}, .seed = kSeed};
    print_digest(std::string(name) + " iid frequencies 11 x 5",
                 entries(draw_frequencies(bochner::IidProjection{}, law)));
    print_digest(std::string(name) + " orthogonal frequencies 11 x 5",
                 entries(draw_frequencies(bochner::OrthogonalProjection{}, law)));
  }
}

/// Frequencies that are functions of uniform numbers, pseudo-random or scrambled points.
void print_quantiles() {
  const Stream stream(kSeed, Purpose::study, 7);
  print("normal quantile",
        collect(8, [&](std::size_t i) { return bochner::normal_quantile(stream.uniform(i)); }));
  const std::pair<const char*, bochner::Kernel> kernels[] = {
      {"normal", bochner::GaussianKernel{}},
      {"matern", bochner::MaternKernel{}},
      {"product laplacian", bochner::ProductLaplacianKernel{}},
      {"product cauchy", bochner::ProductCauchyKernel{}},
      {"spectral mixture", bochner::SpectralMixtureKernel{}},
      {"sum", bochner::SumKernel{{{1.0, {}, bochner::MaternKernel{}},
                                  {2.0, {3, 1}, bochner::ProductCauchyKernel{}}}}},
      {"product", bochner::ProductKernel{{{1.0, {0, 2}, bochner::LaplacianKernel{}},
                                          {1.0, {4}, bochner::GaussianKernel{}}}}}};
  for (const auto& [name, kernel] : kernels) {
    const bochner::FrequencyLaw law{
        .dim = 5, .num_frequencies = 131, .spectrum = spectral_measure(kernel), .seed = kSeed};
    print_digest(std::string(name) + " iid frequencies 131 x 5",
                 entries(draw_frequencies(bochner::IidProjection{}, law)));
    print_digest(std::string(name) + " sobol frequencies 131 x 5",
                 entries(draw_frequencies(bochner::SobolProjection{}, law)));
  }
}

/// Factors of products: degrees, signs, buckets and their Fourier transforms.
void print_products() {
  const std::pair<const char*, bochner::Kernel> kernels[] = {
      {"softmax", bochner::SoftmaxKernel{}}, {"polynomial", bochner::PolynomialKernel{}}};
  for (const auto& [title, kernel] : kernels) {
    bochner::FrequencyLaw law{
        .dim = 5, .num_frequencies = 131, .spectrum = spectral_measure(kernel), .seed = kSeed};
    const auto lay_out = [&](const bochner::FeatureFunction& features) {
      law.products = product_layout(features, law.spectrum.series.get(), 5, 131, kSeed);
    };
    const std::string name = title;
    lay_out(bochner::MaclaurinFeatures{1.3, bochner::ExactTerms::linear});
    print(name + " degrees", collect(131, [&](std::size_t j) {
            return static_cast<double>(law.products->degree[j]);
          }));
    print_digest(name + " rademacher frequencies",
                 entries(draw_frequencies(bochner::RademacherProjection{}, law)));
    if (!law.spectrum.series->as_power()) continue;
    lay_out(bochner::TensorSketchFeatures{});
    print_digest(name + " count-sketch frequencies",
                 entries(draw_frequencies(bochner::CountSketchProjection{}, law)));
  }
}

}  // namespace

int main() {
  print_words();
  print_draws();
  print_laws();
  print_orthonormal_rows();
  print_frequencies();
  print_mixtures();
  print_quantiles();
  print_products();
}
