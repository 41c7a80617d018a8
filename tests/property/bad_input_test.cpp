// SPDX-License-Identifier: Apache-2.0
#include "property/specs.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <limits>
#include <new>
#include <string>

// Every mistake a caller can make with a spec or a map, and the words that answer it.

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<double> identity(Index dim) {
  std::vector<double> out(static_cast<std::size_t>(dim * dim));
  for (Index i = 0; i < dim; ++i) out[static_cast<std::size_t>(i * (dim + 1))] = 1.0;
  return out;
}

FeatureMapSpec good() {
  return {.input_dim = 3,
          .num_frequencies = 4,
          .kernel = GaussianKernel{},
          .projection = OrthogonalProjection{},
          .features = TrigonometricFeatures{},
          .seed = {1},
          .transform = {}};
}

struct BadSpec {
  const char* what;
  std::function<void(FeatureMapSpec&)> spoil;
  std::vector<std::string> answer;  ///< all of these are in the message
};

const std::vector<BadSpec>& bad_specs() {
  static const std::vector<BadSpec> table{
      {"no dimension", [](auto& s) { s.input_dim = 0; }, {"input_dim is 0", "at least 1"}},
      {"negative dimension", [](auto& s) { s.input_dim = -3; }, {"input_dim is -3"}},
      {"no frequency", [](auto& s) { s.num_frequencies = 0; }, {"num_frequencies is 0"}},
      {"negative frequencies", [](auto& s) { s.num_frequencies = -1; }, {"num_frequencies is -1"}},
      {"beyond the address space",
       [](auto& s) { s.input_dim = s.num_frequencies = Index{1} << 40; },
       {"input_dim x num_frequencies", "too large"}},
      {"lengthscale 0",
       [](auto& s) { s.kernel = GaussianKernel{Isotropic{0.0}}; },
       {"gaussian: lengthscale is 0", "a finite number above 0"}},
      {"lengthscale negative",
       [](auto& s) { s.kernel = GaussianKernel{Isotropic{-2.0}}; },
       {"lengthscale is -2"}},
      {"lengthscale NaN",
       [](auto& s) { s.kernel = GaussianKernel{Isotropic{kNaN}}; },
       {"lengthscale is nan"}},
      {"lengthscale infinite",
       [](auto& s) { s.kernel = GaussianKernel{Isotropic{kInfinity}}; },
       {"lengthscale is inf"}},
      {"lengthscale whose inverse overflows",
       [](auto& s) { s.kernel = GaussianKernel{Isotropic{1e-320}}; },
       {"lengthscale is"}},
      {"one of the lengthscales 0",
       [](auto& s) {
         s.kernel = GaussianKernel{Diagonal{{1.0, 0.0, 1.0}}};
       },
       {"lengthscales[1] is 0"}},
      {"lengthscales of another dimension",
       [](auto& s) {
         s.kernel = GaussianKernel{Diagonal{{1.0, 1.0}}};
       },
       {"lengthscales has 2 entries, expected 3"}},
      {"metric of another dimension",
       [](auto& s) { s.kernel = GaussianKernel{Full{std::vector<double>(4, 1.0)}}; },
       {"matrix has 4 entries, expected 3 x 3"}},
      {"metric with NaN",
       [](auto& s) { s.kernel = GaussianKernel{Full{std::vector<double>(9, kNaN)}}; },
       {"matrix[0] is nan"}},
      {"scale 0", [](auto& s) { s.kernel = SoftmaxKernel{0.0}; }, {"softmax: scale is 0"}},
      {"scale negative", [](auto& s) { s.kernel = SoftmaxKernel{-1.0}; }, {"scale is -1"}},
      {"scale NaN", [](auto& s) { s.kernel = SoftmaxKernel{kNaN}; }, {"scale is nan"}},
      {"no round",
       [](auto& s) { s.projection = HadamardProjection{.rounds = 0}; },
       {"hadamard: rounds is 0", "1 to 8"}},
      {"too many rounds",
       [](auto& s) { s.projection = HadamardProjection{.rounds = 9}; },
       {"rounds is 9"}},
      {"infinite variance",
       [](auto& s) { s.features = OprfFeatures{0.125}; },
       {"oprf: a is 0.125", "below 1/8"}},
      {"a NaN",
       [](auto& s) { s.features = HyperbolicOprfFeatures{kNaN}; },
       {"hyperbolic-oprf: a is nan"}},
      {"parameters of another dimension",
       [](auto& s) {
         s.features = OprfFeatures{std::vector<double>{-0.1, -0.2}};
       },
       {"oprf: a has 2 entries, expected 3", "input_dim"}},
      {"no parameters",
       [](auto& s) { s.features = OprfFeatures{std::vector<double>{}}; },
       {"oprf: a has 0 entries"}},
      {"infinite variance in one direction",
       [](auto& s) {
         s.features = OprfFeatures{std::vector<double>{-0.1, 0.125, 0.0}};
       },
       {"oprf: a[1] is 0.125", "below 1/8"}},
      {"a NaN in one direction",
       [](auto& s) {
         s.features = HyperbolicOprfFeatures{std::vector<double>{-0.1, 0.0, kNaN}};
       },
       {"hyperbolic-oprf: a[2] is nan"}},
      {"centre of another dimension",
       [](auto& s) {
         s.transform = {{1.0}, {1.0, 2.0, 3.0}};
       },
       {"transform.query has 1 entries, expected 3"}},
      {"a centre for one side only",
       [](auto& s) {
         s.transform.query = {1.0, 2.0, 3.0};
       },
       {"transform.query and transform.key differ"}},
      {"centre with NaN",
       [](auto& s) {
         s.transform = {{0.0, kNaN, 0.0}, {0.0, 0.0, 0.0}};
       },
       {"transform.query[1] is nan"}},
      {"two centres of a shift-invariant kernel",
       [](auto& s) {
         s.transform = {{1.0, 0.0, 0.0}, {0.0, 0.0, 0.0}};
       },
       {"shift-invariant"}},
      {"a matrix for a kernel of differences",
       [](auto& s) { s.transform.matrix = identity(3); },
       {"transform.matrix changes the kernel gaussian", "softmax"}},
      {"a transform of a kernel that depends on the origin",
       [](auto& s) {
         s.kernel = PolynomialKernel{};
         s.features = MaclaurinFeatures{};
         s.projection = RademacherProjection{};
         s.transform.matrix = identity(3);
       },
       {"depends on the origin"}},
      {"a matrix that is not square",
       [](auto& s) {
         s.kernel = SoftmaxKernel{};
         s.transform.matrix.assign(6, 1.0);
       },
       {"transform.matrix has 6 entries, expected 3 x 3"}},
      {"a matrix with NaN",
       [](auto& s) {
         s.kernel = SoftmaxKernel{};
         s.transform.matrix = identity(3);
         s.transform.matrix[4] = kNaN;
       },
       {"transform.matrix[4] is nan"}},
      {"a singular matrix",
       [](auto& s) {
         s.kernel = SoftmaxKernel{};
         s.transform.matrix = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0};
       },
       {"transform.matrix is singular", "condition number"}},
      {"a matrix of zeros",
       [](auto& s) {
         s.kernel = SoftmaxKernel{};
         s.transform.matrix.assign(9, 0.0);
       },
       {"transform.matrix is singular"}},
      {"a nearly singular matrix",
       [](auto& s) {
         s.kernel = SoftmaxKernel{};
         s.transform.matrix = identity(3);
         s.transform.matrix[0] = 1e-9;
       },
       {"transform.matrix is singular", "at most 1e+08"}}};
  return table;
}

/// A well-formed call of `apply` and `pullback` that a line of the table spoils.
struct Call {
  Matrix<double> x = property::rows<double>(70, 3);
  Matrix<double> phi{70, 8};
  Matrix<double> dx{70, 3};
  std::vector<std::int32_t> exponent = std::vector<std::int32_t>(70);
  MatrixView<const double> x_view = x.view();
  MatrixView<double> phi_view = phi.view();
  MatrixView<const double> dphi_view = phi.view();
  MatrixView<double> dx_view = dx.view();
  std::span<std::int32_t> exponents = exponent;
};

struct BadCall {
  const char* what;
  std::function<void(Call&)> spoil;
  std::vector<std::string> apply_answer;     ///< empty: no error from `apply`
  std::vector<std::string> pullback_answer;  ///< empty: no error from `pullback`
};

const std::vector<BadCall>& bad_calls() {
  static const std::vector<BadCall> table{
      {"another dimension",
       [](Call& c) { c.x_view = c.x_view.middle_cols(0, 2); },
       {"apply: x is 70 x 2, expected n x 3", "input_dim"},
       {"pullback: x is 70 x 2, expected n x 3"}},
      {"no columns",
       [](Call& c) { c.x_view = c.x_view.middle_cols(0, 0); },
       {"x is 70 x 0"},
       {"x is 70 x 0"}},
      {"negative row count",
       [](Call& c) { c.x_view.rows = -1; },
       {"the number of rows of x is -1"},
       {"the number of rows of x is -1"}},
      {"too few features",
       [](Call& c) { c.phi_view = c.phi_view.middle_cols(0, 7); },
       {"phi is 70 x 7, expected n x 8", "num_features"},
       {}},
      {"too few rows of phi",
       [](Call& c) { c.phi_view = c.phi_view.middle_rows(0, 69); },
       {"phi is 69 x 8, expected 70 x m (those of x)"},
       {}},
      {"too few exponents",
       [](Call& c) { c.exponents = c.exponents.first(69); },
       {"exponent has 69 entries, expected 70"},
       {}},
      {"dphi of another width",
       [](Call& c) { c.dphi_view = c.dphi_view.middle_cols(0, 4); },
       {},
       {"dphi is 70 x 4, expected n x 8"}},
      {"dphi with other rows",
       [](Call& c) { c.dphi_view = c.dphi_view.middle_rows(0, 1); },
       {},
       {"dphi is 1 x 8, expected 70 x m"}},
      {"dx of another shape",
       [](Call& c) { c.dx_view = c.dx_view.middle_rows(0, 3); },
       {},
       {"dx is 3 x 3, expected 70 x m"}},
      {"phi over x",
       [](Call& c) { c.phi_view.data = const_cast<double*>(c.x_view.data) - 8; },
       {"phi overlaps the input x"},
       {}},
      {"dx over x",
       [](Call& c) { c.dx_view.data = const_cast<double*>(c.x_view.data); },
       {},
       {"dx overlaps the input x"}},
      {"dx over dphi",
       [](Call& c) { c.dx_view.data = const_cast<double*>(c.dphi_view.data); },
       {},
       {"dx overlaps dphi"}},
      {"NaN in the first block",
       [](Call& c) { c.x(2, 1) = kNaN; },
       {"row 2, column 1 is nan"},
       {"row 2, column 1 is nan"}},
      {"infinity in the second block",
       [](Call& c) { c.x(65, 0) = kInfinity; },
       {"row 65, column 0 is inf"},
       {"row 65, column 0 is inf"}},
      {"negative infinity in the last entry",
       [](Call& c) { c.x(69, 2) = -kInfinity; },
       {"row 69, column 2 is -inf"},
       {"row 69, column 2 is -inf"}},
      {"the first of several NaN",
       [](Call& c) { c.x(3, 2) = c.x(3, 1) = c.x(50, 0) = kNaN; },
       {"row 3, column 1 is nan"},
       {"row 3, column 1 is nan"}},
      {"a row whose square overflows",
       [](Call& c) { c.x(1, 0) = 1e200; },
       {"row 1 is too long"},
       {"row 1 is too long"}}};
  return table;
}

/// The message of the InvalidArgument that `run` throws, or a complaint.
std::string answer_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const InvalidArgument& error) {
    return error.what();
  } catch (const std::exception& error) {
    return std::string("another exception: ") + error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a spec that describes no map is refused by name", "[property][bad_input]") {
  for (const BadSpec& bad : bad_specs()) {
    FeatureMapSpec spec = good();
    REQUIRE_NOTHROW(validate(spec));
    bad.spoil(spec);
    INFO(bad.what);
    for (const std::string& words : bad.answer) {
      CHECK_THAT(answer_of([&] { validate(spec); }), Contains(words));
      CHECK_THAT(answer_of([&] { FeatureMap<float>{spec}; }), Contains(words));
      CHECK_THAT(answer_of([&] { FeatureMap<double>{spec}; }), Contains(words));
    }
  }
}

TEST_CASE("a call that does not fit the map is refused by name", "[property][bad_input]") {
  const FeatureMap<double> map(good());
  for (const int threads : {1, 2}) {
    for (const BadCall& bad : bad_calls()) {
      INFO(bad.what);
      Call call;
      const auto apply = [&] {
        map.apply(Side::query, call.x_view, {call.phi_view, call.exponents}, {threads});
      };
      const auto pullback = [&] {
        map.pullback(Side::query, call.x_view, call.dphi_view, call.dx_view, {threads});
      };
      REQUIRE_NOTHROW(apply());
      REQUIRE_NOTHROW(pullback());
      bad.spoil(call);
      if (bad.apply_answer.empty()) CHECK_NOTHROW(apply());
      for (const std::string& words : bad.apply_answer)
        CHECK_THAT(answer_of(apply), Contains(words));
      if (bad.pullback_answer.empty()) CHECK_NOTHROW(pullback());
      for (const std::string& words : bad.pullback_answer) {
        CHECK_THAT(answer_of(pullback), Contains(words));
      }
    }
  }
}

TEMPLATE_TEST_CASE("NaN and infinity are named by every map", "[property][bad_input]", float,
                   double) {
  for (const FeatureMapSpec& spec : property::specs(5, 9)) {
    INFO(to_text(spec));
    const FeatureMap<TestType> map(spec);
    for (const double poison : {kNaN, kInfinity, -kInfinity}) {
      Matrix<TestType> x = property::rows<TestType>(67, 5);
      x(66, 3) = static_cast<TestType>(poison);
      CHECK_THAT(answer_of([&] { property::apply<TestType>(map, x); }),
                 Contains("row 66, column 3 is"));
    }
  }
}

TEMPLATE_TEST_CASE("rows of 1e20 get an answer, never a NaN", "[property][bad_input]", float,
                   double) {
  for (const FeatureMapSpec& spec : property::specs(5, 9)) {
    INFO(to_text(spec));
    const FeatureMap<TestType> map(spec);
    const Matrix<TestType> x = property::rows<TestType>(3, 5, 1e20);
    property::Features<TestType> out;
    const std::string answer = answer_of([&] { out = property::apply<TestType>(map, x); });
    if (answer == "no error") {  // bounded features of an angle, right whatever its size
      for (Index i = 0; i < out.phi.size(); ++i) REQUIRE(std::isfinite(out.phi.data()[i]));
    } else {
      CHECK_THAT(answer, Contains("row 0 is too long for this map"));
    }
  }
}

TEST_CASE("the smallest shapes work", "[property][bad_input]") {
  for (const Index dim : {1, 2}) {
    for (const Index m : {1, 2, 3}) {
      for (const FeatureMapSpec& spec : property::specs(dim, m)) {
        INFO(to_text(spec));
        const FeatureMap<double> map(spec);
        CHECK(property::apply<double>(map, Matrix<double>(0, dim)).phi.rows() == 0);
        const auto one = property::apply<double>(map, property::rows<double>(1, dim));
        for (Index j = 0; j < one.phi.cols(); ++j) CHECK(std::isfinite(one.phi(0, j)));
        Matrix<double> nothing(0, dim);
        CHECK_NOTHROW(map.pullback(Side::key, nothing, Matrix<double>(0, map.num_features()),
                                   Matrix<double>(0, dim)));
      }
    }
  }
}

TEST_CASE("duplicate rows have equal features and constant columns do no harm",
          "[property][bad_input]") {
  for (const FeatureMapSpec& spec : property::specs(5, 9)) {
    INFO(to_text(spec));
    Matrix<double> x = property::rows<double>(70, 5);
    for (Index i = 0; i < 70; ++i) x(i, 2) = 4.0;
    std::copy_n(x.row(1), 5, x.row(69));
    const auto out = property::apply<double>(FeatureMap<double>(spec), x);
    CHECK(out.exponent[1] == out.exponent[69]);
    CHECK(std::equal(out.phi.row(1), out.phi.row(1) + out.phi.cols(), out.phi.row(69)));
  }
}

TEST_CASE("text that names no alternative is answered with the list", "[property][bad_input]") {
  struct Bad {
    const char* text;
    std::vector<std::string> answer;
  };
  const std::vector<Bad> table{
      {"kernel=gausian", {"unknown name 'gausian'", "gaussian, softmax"}},
      {"kernel=", {"expected a name"}},
      {"projection=sobolev", {"unknown name 'sobolev'", "iid, orthogonal, hadamard"}},
      {"features=cosines", {"unknown name 'cosines'", "trigonometric, cosine, positive"}},
      {"kernel=gaussian(metric=round)", {"unknown name 'round'", "isotropic, diagonal, full"}},
      {"kernel=gaussian(lengthscale=2)", {"no option 'lengthscale'", "metric"}},
      {"projection=orthogonal(radii=none)", {"unknown value 'none'", "sampled, constant, paired"}},
      {"input_dim=three", {"expected a whole number, got 'three'"}},
      {"input_dim=99999999999999999999", {"expected a whole number"}},
      {"seed=-1", {"expected a whole number"}},
      {"kernel=softmax(scale=1,5)", {"at character"}},
      {"kernel=softmax(scale=0x10)", {"expected a number, got '0x10'"}},
      {"nonsense", {"expected '='"}},
      {"colour=red", {"unknown member 'colour'", "input_dim, num_frequencies, kernel"}}};
  for (const Bad& bad : table) {
    INFO(bad.text);
    for (const std::string& words : bad.answer) {
      CHECK_THAT(answer_of([&] { parse_spec(bad.text); }), Contains(words));
    }
  }
}
