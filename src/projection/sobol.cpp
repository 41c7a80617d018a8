// SPDX-License-Identifier: Apache-2.0
#include "projection/sobol_points.hpp"

#include "bochner/projection/sobol.hpp"
#include "core/door.hpp"
#include "core/execution_for.hpp"
#include "core/parallel.hpp"
#include "projection/block_law.hpp"
#include "projection/sampling.hpp"
#include "random/quantiles.hpp"

#include <boost/random/sobol.hpp>

#include <algorithm>
#include <functional>
#include <vector>

namespace bochner::projections {
namespace {

using Engine = boost::random::sobol_engine<std::uint32_t, 32>;
static_assert(BOOST_RANDOM_SOBOL_MAX_DIMENSION >= kSobolDimensions);

constexpr int kBits = 32;
constexpr Index kRowsAtATime = 64;

/// Calls body(i, coordinates) for points first to last - 1.
template <class Body>
void walk(Engine engine, Index dim, Index first, Index last, const Body& body) {
  std::vector<std::uint32_t> point(static_cast<std::size_t>(dim), 0);
  Index i = first;
  if (i == 0 && i < last) body(i++, point);  // the engine leaves out the origin
  if (i < last) engine.seed(static_cast<std::uint32_t>(i - 1));
  for (; i < last; ++i) {
    std::generate(point.begin(), point.end(), std::ref(engine));
    body(i, point);
  }
}

}  // namespace

double owen_scrambled(const Stream& stream, std::uint32_t x) noexcept {
  std::uint32_t out = 0;
  for (int bit = 0; bit < kBits; ++bit) {
    // The node of the binary tree that the bits above lead to: 1, then 2 or 3, ...
    const std::uint64_t node = (std::uint64_t{1} << bit) | (std::uint64_t{x} >> (kBits - bit));
    const auto flip = static_cast<std::uint32_t>(stream.bits(node) & 1U);
    out = (out << 1) | (((x >> (kBits - 1 - bit)) & 1U) ^ flip);
  }
  const std::uint64_t leaf = (std::uint64_t{1} << kBits) | x;
  const std::uint64_t low = stream.bits(leaf) >> 44;  // 20 bits
  const std::uint64_t cell = (std::uint64_t{out} << 20) | low;
  return (static_cast<double>(cell) + 0.5) * 0x1p-52;
}

Matrix<double> sobol_points(Index m, Index dim) {
  Matrix<double> points(m, dim);
  walk(Engine(static_cast<std::size_t>(dim)), dim, 0, m, [&](Index i, const auto& point) {
    for (Index k = 0; k < dim; ++k) {
      points(i, k) = static_cast<double>(point[static_cast<std::size_t>(k)]) * 0x1p-32;
    }
  });
  return points;
}

namespace {

/// The frequencies of the first points, each coordinate scrambled with a stream of its own.
Matrix<double> draw_scrambled(const FrequencyLaw& law) {
  Matrix<double> w(law.num_frequencies, law.dim);
  const Index uniforms = num_uniforms(law);
  const Engine engine(static_cast<std::size_t>(uniforms));
  const Index blocks = (law.num_frequencies + kRowsAtATime - 1) / kRowsAtATime;
  constexpr double kScrambled = 512;  // multiplications that take as long as one scrambled number
  const Execution execution = execution_for(kScrambled * static_cast<double>(law.num_frequencies) *
                                            static_cast<double>(uniforms));
  parallel_for_blocks(blocks, execution, [&](Index block, int) {
    std::vector<double> u(static_cast<std::size_t>(uniforms));
    const Index first = block * kRowsAtATime;
    walk(engine, uniforms, first, std::min(first + kRowsAtATime, law.num_frequencies),
         [&](Index i, const auto& point) {
           for (std::size_t k = 0; k < u.size(); ++k) {
             u[k] = owen_scrambled(Stream(law.seed, Purpose::permutation, k), point[k]);
           }
           draw_from_uniforms(law, i, u.data(), {w.row(i), static_cast<std::size_t>(law.dim)});
         });
  });
  return w;
}

}  // namespace

}  // namespace bochner::projections

namespace bochner {

void SobolProjection::check(const FrequencyLaw& law) const {
  Door(name)
      .between("the number of uniforms per frequency (from input_dim)",
               projections::num_uniforms(law), 1, projections::kSobolDimensions)
      .between("num_frequencies", law.num_frequencies, 1, projections::kSobolPoints);
}

BlockLaw SobolProjection::block_law(Index dim) const {
  return {.size = BlockLaw::kEndless,
          .dim = static_cast<double>(dim),
          .gap =
              "the error of quasi-random frequencies has no closed form; draw several scrambles "
              "(`estimate`, other seeds)",
          .quasi_random = true};
}

Matrix<double> SobolProjection::draw(const FrequencyLaw& law) const {
  return projections::draw_scrambled(law);
}

}  // namespace bochner
