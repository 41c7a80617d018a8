# SPDX-License-Identifier: Apache-2.0
"""Options: every alternative prints, parses, compares, hashes, pickles; bad ones are refused."""

import copy
import dataclasses
import pickle
import re
from fractions import Fraction

import numpy as np
import pytest

import bochner as bo

ALTERNATIVES = [*bo.kernels, *bo.projections, *bo.feature_functions, *bo.metrics]


@pytest.mark.parametrize("kind", ALTERNATIVES, ids=lambda kind: kind.__name__)
def test_every_alternative_is_a_value(kind):
    value = kind()
    assert eval(repr(value), vars(bo)) == value
    assert value == kind()
    assert hash(value) == hash(kind())
    assert pickle.loads(pickle.dumps(value)) == value
    assert copy.deepcopy(value) == value
    assert value != 3
    assert kind.__doc__
    names = kind.__match_args__
    assert all(hasattr(value, name) for name in names)
    assert type(value)(*(getattr(value, name) for name in names)) == value
    with pytest.raises(AttributeError):
        value.something_else = 1


def test_alternatives_have_the_names_of_cpp():
    assert {k.__name__ for k in bo.feature_functions} >= {
        "TrigonometricFeatures",
        "PositiveFeatures",
        "HyperbolicOprfFeatures",
    }
    assert len({kind.__name__ for kind in ALTERNATIVES}) == len(ALTERNATIVES)
    assert all(kind is getattr(bo, kind.__name__) for kind in ALTERNATIVES)


def test_options_differ_when_a_member_does():
    assert bo.Isotropic(1.0) != bo.Isotropic(2.0)
    assert bo.GaussianKernel(bo.Isotropic(2.0)) != bo.GaussianKernel()
    assert bo.GaussianKernel(metric=bo.Diagonal([1.0, 2.0])).metric.lengthscales == (1.0, 2.0)
    assert bo.Isotropic(1) == bo.Isotropic(1.0)


def test_words_are_checked():
    assert bo.OrthogonalProjection("constant").radii == "constant"
    with pytest.raises(ValueError, match="radii is 'bad', expected one of sampled, constant"):
        bo.OrthogonalProjection("bad")


def test_specs_are_values():
    spec = bo.FeatureMapSpec(
        2,
        16,
        kernel=bo.SpectralMixtureKernel([bo.SpectralComponent(0.5, [0.1], [0.2])]),
        projection=bo.IidProjection(),
        seed=2**63,
        transform=bo.PairTransform([1.0, 2.0], [1.0, 2.0]),
    )
    assert bo.FeatureMapSpec.parse(str(spec)) == spec
    assert eval(repr(spec), vars(bo)) == spec
    assert pickle.loads(pickle.dumps(spec)) == spec
    assert len({spec, bo.FeatureMapSpec.parse(str(spec))}) == 1
    assert spec.seed == 2**63
    assert spec.__replace__(seed=3).seed == 3
    assert spec.__replace__(seed=3) != spec
    assert spec.num_features == 32
    zero, minus = (
        bo.FeatureMapSpec(1, 4, transform=bo.PairTransform([z], [z])) for z in (0.0, -0.0)
    )
    assert zero == minus
    assert hash(zero) == hash(minus)


def test_parts_of_a_spec_are_texts_too():
    spec = bo.FeatureMapSpec(
        2,
        16,
        bo.SoftmaxKernel(0.5),
        bo.OrthogonalProjection("constant"),
        bo.HyperbolicOprfFeatures(-0.1),
        3,
        bo.PairTransform([1.0, 2.0], [0.5, 0.0]),
    )
    texts = {name: str(getattr(spec, name)) for name in ("kernel", "projection", "features")}
    transform = "pair(query=[1, 2], key=[0.5, 0])"
    assert bo.FeatureMapSpec(2, 16, **texts, seed=3, transform=transform) == spec
    assert bo.FeatureMapSpec(2, 16, *texts.values(), 3, transform) == spec
    assert bo.FeatureMapSpec(2, 16, "softmax", features="positive").kernel == bo.SoftmaxKernel()
    assert spec.__replace__(kernel="softmax(scale=2)").kernel == bo.SoftmaxKernel(2.0)
    assert bo.FeatureMapSpec(2, 16, transform="pair") == bo.FeatureMapSpec(2, 16)
    for kind in bo.kernels:
        assert bo.parse_kernel(str(kind())) == kind()


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ({"kernel": "gausian"}, ValueError, "kernel is 'gausian': at character 1: unknown name"),
        ({"kernel": "matern(nu=x)"}, ValueError, "kernel is 'matern(nu=x)': at character 11"),
        ({"projection": ""}, ValueError, "projection is '': "),
        ({"features": "gaussian"}, ValueError, "features is 'gaussian': at character 1: unknown"),
        ({"transform": "pair(q=[1])"}, ValueError, "transform is 'pair(q=[1])': at character 8: "),
        ({"transform": "softmax"}, ValueError, "transform is 'softmax': at character 1: "),
        ({"kernel": "\ud800"}, ValueError, "kernel is '\\ud800', which UTF-8 has no bytes for"),
        (
            {"kernel": bo.GaussianKernel},
            TypeError,
            "kernel is the class GaussianKernel, expecte",
        ),
        ({"features": 3}, TypeError, "features is int, expected a feature function (bochner.feat"),
        ({"transform": 3}, TypeError, "transform is int, expected a PairTransform or its text"),
        ({"kernel": bo.IidProjection()}, TypeError, "kernel is IidProjection, expected a kernel ("),
    ],
)
def test_texts_that_stand_for_nothing_are_refused_by_argument(arguments, kind, words):
    with pytest.raises(kind) as caught:
        bo.FeatureMapSpec(2, 4, **arguments)
    assert str(caught.value).startswith(f"FeatureMapSpec: {words}")


def test_one_parameter_or_one_per_direction():
    assert bo.OprfFeatures(-0.1).a == -0.1
    assert bo.OprfFeatures(0).a == 0.0
    many = bo.HyperbolicOprfFeatures([-0.1, 0.05])
    assert many.a == (-0.1, 0.05)
    assert many == bo.HyperbolicOprfFeatures(np.array([-0.1, 0.05]))
    assert many != bo.HyperbolicOprfFeatures(-0.1)
    spec = bo.FeatureMapSpec(
        2,
        4,
        kernel=bo.SoftmaxKernel(0.5),
        features=many,
        transform=bo.PairTransform(matrix=[2.0, 0.0, 1.0, 1.0]),
    )
    assert str(spec).endswith(
        "features=hyperbolic-oprf(a=[-0.1, 0.05]) seed=0 transform=pair(matrix=[2, 0, 1, 1])"
    )
    assert bo.FeatureMapSpec.parse(str(spec)) == spec
    assert eval(repr(spec), vars(bo)) == spec
    assert pickle.loads(pickle.dumps(spec)) == spec
    assert hash(pickle.loads(pickle.dumps(spec))) == hash(spec)
    with pytest.raises(TypeError):
        bo.OprfFeatures("many")


def test_frequencies_of_either_side_act_on_raw_inputs():
    matrix = np.array([[2.0, 0.5], [1.0, 1.0]])
    plain = bo.FeatureMapSpec(2, 5, kernel=bo.SoftmaxKernel(), features=bo.PositiveFeatures())
    spec = plain.__replace__(transform=bo.PairTransform(matrix=matrix.ravel()))
    w = bo.FeatureMap(plain).frequencies()
    assert np.allclose(bo.FeatureMap(spec).frequencies(), w @ matrix)
    assert np.allclose(bo.FeatureMap(spec).frequencies("key"), w @ np.linalg.inv(matrix).T)
    with pytest.raises(ValueError, match="side"):
        bo.FeatureMap(spec).frequencies("both")


def test_kernels_of_kernels():
    spec = bo.FeatureMapSpec(
        2,
        8,
        kernel=next(k for k in bo.kernels if k.__name__ == "SumKernel")(
            [
                bo.KernelTerm(2.0, [0], bo.GaussianKernel()),
                bo.KernelTerm(1.0, [1], bo.LaplacianKernel()),
            ]
        ),
        projection=bo.IidProjection(),
    )
    assert bo.FeatureMapSpec.parse(str(spec)) == spec
    assert spec.kernel.terms[1].kernel == bo.LaplacianKernel()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"input_dim": 0}, "input_dim is 0, expected at least 1"),
        ({"num_frequencies": 0}, "num_frequencies is 0, expected at least 1"),
        ({"kernel": bo.GaussianKernel(bo.Isotropic(-1.0))}, "lengthscale"),
        ({"transform": bo.PairTransform([0.0], [0.0])}, "transform.query has 1 entries"),
        ({"transform": bo.PairTransform(matrix=[1.0])}, "transform.matrix changes the kernel"),
        (
            {"kernel": bo.SoftmaxKernel(), "transform": bo.PairTransform(matrix=[1.0])},
            "transform.matrix has 1 entries, expected 3 x 3",
        ),
        (
            {"kernel": bo.SoftmaxKernel(), "transform": bo.PairTransform(matrix=[1.0] * 9)},
            "transform.matrix is singular",
        ),
        (
            {"kernel": bo.SoftmaxKernel(), "features": bo.OprfFeatures([0.0, 0.0])},
            "oprf: a has 2 entries, expected 3",
        ),
    ],
)
def test_specs_that_describe_no_map_are_refused(arguments, words):
    good = {"input_dim": 3, "num_frequencies": 4}
    assert bo.FeatureMapSpec(**good)
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        bo.FeatureMapSpec(**(good | arguments))
    assert words in str(caught.value)


BAD = [None, "bad", b"bad", 1j, object(), int, {1: 2}, {1}, ["a"], (b"a",), iter([]), ..., len]


def fields_of_options():
    """Each class of options with each of its fields, and arguments that make an instance."""
    nested = [bo.SpectralComponent, bo.KernelTerm, bo.PairTransform, bo.ExactPairs, bo.KeyBlocks]
    for kind in [*ALTERNATIVES, *nested]:
        yield from ((kind, name, {}) for name in kind.__match_args__)
    needed = {"input_dim": 3, "num_frequencies": 4}
    for name in (*needed, "kernel", "projection", "features", "seed", "transform"):
        yield bo.FeatureMapSpec, name, needed
    for field in dataclasses.fields(bo.ReadOptions):
        yield bo.ReadOptions, field.name, {}


OPTIONAL = {(bo.FeatureMapSpec, "transform"): None, (bo.ReadOptions, "width"): None}
TEXTS = {(bo.ReadOptions, name): "bad" for name in ("columns", "drop")}


@pytest.mark.parametrize(
    ("kind", "name", "others"),
    list(fields_of_options()),
    ids=lambda value: getattr(value, "__name__", None) if isinstance(value, type) else None,
)
def test_bad_values_are_refused_by_class_and_field(kind, name, others):
    good = {OPTIONAL.get((kind, name), ...), TEXTS.get((kind, name), ...)} - {...}
    refused = 0
    for value in BAD:
        if value.__hash__ and value in good:
            continue
        if (kind, name) in TEXTS and value == ["a"]:
            continue
        with pytest.raises((TypeError, ValueError)) as caught:
            kind(**{**others, name: value})
        words = str(caught.value)
        assert words.startswith(f"{kind.__name__}: {name}")
        assert re.search("[,:;] expected ", words)
        assert "incompatible function arguments" not in words
        refused += 1
    assert refused >= 10


@pytest.mark.parametrize("kind", [*ALTERNATIVES, bo.FeatureMapSpec], ids=lambda k: k.__name__)
def test_arguments_that_do_not_exist_are_refused_by_name(kind):
    many = len(kind.__match_args__) if kind in ALTERNATIVES else 7
    with pytest.raises(TypeError, match=f"^{kind.__name__}: nonsense is no argument"):
        kind(nonsense=1)
    with pytest.raises(TypeError, match=f"^{kind.__name__}: {many + 1} arguments by position"):
        kind(*[1] * (many + 1))


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: bo.FeatureMapSpec(3), TypeError, "FeatureMapSpec: num_frequencies is missing"),
        (lambda: bo.Isotropic(1.0, lengthscale=2.0), TypeError, "Isotropic: lengthscale is there"),
        (lambda: bo.Isotropic(True), TypeError, "Isotropic: lengthscale is True, expected a num"),
        (lambda: bo.Isotropic(np.True_), TypeError, "Isotropic: lengthscale is "),
        (lambda: bo.FeatureMapSpec(3.0, 4), TypeError, "FeatureMapSpec: input_dim is 3.0, expec"),
        (lambda: bo.FeatureMapSpec(3, True), TypeError, "FeatureMapSpec: num_frequencies is True"),
        (
            lambda: bo.FeatureMapSpec(3, 2**80),
            ValueError,
            f"FeatureMapSpec: num_frequencies is {2**80}, expected {-(2**63)} to {2**63 - 1}",
        ),
        (
            lambda: bo.FeatureMapSpec(3, 4, seed=-1),
            ValueError,
            f"FeatureMapSpec: seed is -1, expected 0 to {2**64 - 1}",
        ),
        (
            lambda: bo.Diagonal([1.0, "a"]),
            TypeError,
            "Diagonal: lengthscales[1] is 'a', expected a number",
        ),
        (
            lambda: bo.GaussianKernel("a" * 200),
            TypeError,
            f"GaussianKernel: metric is '{'a' * 79}..., expected an instance of one of "
            "Isotropic, Diagonal, Full",
        ),
        (lambda: bo.GaussianKernel(bo.IidProjection()), TypeError, "GaussianKernel: metric is Iid"),
        (lambda: bo.GaussianKernel().__replace__(x=1), TypeError, "GaussianKernel: x is no argum"),
        (lambda: bo.IidProjection(x=1), TypeError, "IidProjection: x is no argument; there are no"),
        (lambda: bo.FeatureMapSpec.parse(3), TypeError, "FeatureMapSpec.parse: text is 3, expecte"),
        (lambda: bo.FeatureMapSpec.parse(), TypeError, "FeatureMapSpec.parse: text is missing"),
        (lambda: bo.SoftmaxKernel.for_dimension(2.5), TypeError, "SoftmaxKernel.for_dimension: h"),
        (lambda: bo.GaussianKernel.from_gamma(), TypeError, "GaussianKernel.from_gamma: gamma is"),
        (lambda: bo.PolynomialKernel.from_gamma(1.0, 1.0, "3"), TypeError, "PolynomialKernel.from"),
        (lambda: bo.incompatibility(3, "iid", "cosine"), TypeError, "incompatibility: kernel is"),
        (lambda: bo.num_frequencies_for(3, 4), TypeError, "num_frequencies_for: features is int"),
        (lambda: bo.num_frequencies_for("cosine", 0), ValueError, "num_frequencies_for: num_feat"),
        (lambda: bo.ReadOptions(header="maybe"), ValueError, "ReadOptions: header is 'maybe', e"),
    ],
)
def test_refusals_say_what_was_expected(call, kind, words):
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value).startswith(words)


def test_numbers_and_sequences_of_other_kinds_are_taken():
    assert bo.Isotropic(np.float32(0.5)) == bo.Isotropic(Fraction(1, 2)) == bo.Isotropic(0.5)
    assert bo.FeatureMapSpec(np.int32(3), 4) == bo.FeatureMapSpec(3, 4)
    for values in ([1.0, 2.0], (1, 2), np.array([1.0, 2.0]), range(1, 3)):
        assert bo.Diagonal(values) == bo.Diagonal((1.0, 2.0))


def test_kernels_by_the_numbers_of_other_libraries():
    x, y = np.array([[0.3, -0.5]]), np.array([[1.0, 0.2]])
    for kernel, exact in (
        (bo.GaussianKernel.from_gamma(0.7), np.exp(-0.7 * ((x - y) ** 2).sum())),
        (bo.GaussianKernel.from_width(3.0), np.exp(-((x - y) ** 2).sum() / 3.0)),
        (bo.ProductLaplacianKernel.from_gamma(0.7), np.exp(-0.7 * abs(x - y).sum())),
        (bo.PolynomialKernel.from_gamma(0.7, coef0=0.5, degree=2), (0.7 * (x @ y.T) + 0.5) ** 2),
        (bo.SoftmaxKernel.for_dimension(2), np.exp(x @ y.T / np.sqrt(2.0))),
    ):
        assert np.allclose(bo.evaluate(kernel, x, y), exact)
