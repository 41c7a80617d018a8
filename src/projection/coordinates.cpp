// SPDX-License-Identifier: Apache-2.0
#include "bochner/projection/coordinates.hpp"

#include "core/door.hpp"
#include "projection/block_law.hpp"
#include "projection/operator.hpp"

#include <string>
#include <vector>

namespace bochner::projections {
namespace {

template <Scalar T>
class CoordinatesOperator final : public ProjectionOperator<T> {
 public:
  CoordinatesOperator(Index dim, double factor) : dim_(dim), factor_(static_cast<T>(factor)) {}

  Index scratch_size() const noexcept override { return 0; }
  void apply(const T* x, Index ldx, Index rows, T* out, Index ldo,
             T* /*scratch*/) const noexcept override {
    for (Index r = 0; r < rows; ++r) {
      for (Index l = 0; l < dim_; ++l) out[r * ldo + l] = factor_ * x[r * ldx + l];
    }
  }
  void apply_transpose(const T* y, Index ldy, Index rows, T* out, Index ldo,
                       T* scratch) const noexcept override {
    apply(y, ldy, rows, out, ldo, scratch);
  }

 private:
  Index dim_;
  T factor_;
};

}  // namespace
}  // namespace bochner::projections

namespace bochner {

void CoordinatesProjection::check(const FrequencyLaw& law) const {
  if (law.num_frequencies == law.dim) return;
  Door(name).refuse("num_frequencies", std::to_string(law.num_frequencies),
                    std::to_string(law.dim) + " (one per coordinate)");
}

BlockLaw CoordinatesProjection::block_law(Index dim) const {
  return {.dim = static_cast<double>(dim),
          .gap =
              "identity features are the caller's rows, whose law is not known, and with it "
              "their error; estimate it from the rows (`estimate`, `attention_with_error`)",
          .redraws = false};
}

Matrix<double> CoordinatesProjection::draw(const FrequencyLaw& law) const {
  return projections::materialised(projections::CoordinatesOperator<double>(law.dim, 1.0), law.dim,
                                   law.dim);
}

bool CoordinatesProjection::is_structured(const FrequencyLaw& /*law*/) const { return true; }

template <Scalar T>
std::unique_ptr<const ProjectionOperator<T>> CoordinatesProjection::make_operator(
    const FrequencyLaw& law, double factor) const {
  return std::make_unique<projections::CoordinatesOperator<T>>(law.dim, factor);
}

FrequencyNorms CoordinatesProjection::norms(const FrequencyLaw& law) const {
  return {.squared = std::vector<double>(static_cast<std::size_t>(law.dim), 1.0),
          .ambient_dim = law.dim};
}

double CoordinatesProjection::cost(const FrequencyLaw& law) const {
  return static_cast<double>(law.dim);
}

template std::unique_ptr<const ProjectionOperator<float>> CoordinatesProjection::make_operator(
    const FrequencyLaw&, double) const;
template std::unique_ptr<const ProjectionOperator<double>> CoordinatesProjection::make_operator(
    const FrequencyLaw&, double) const;

}  // namespace bochner
