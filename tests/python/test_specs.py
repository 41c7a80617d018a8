# SPDX-License-Identifier: Apache-2.0
"""Options: every alternative prints, parses, compares, hashes, pickles; bad ones are refused."""

import copy
import pickle

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
        centring=bo.Centring([1.0, 2.0], [1.0, 2.0]),
    )
    assert bo.FeatureMapSpec.parse(str(spec)) == spec
    assert eval(repr(spec), vars(bo)) == spec
    assert pickle.loads(pickle.dumps(spec)) == spec
    assert len({spec, bo.FeatureMapSpec.parse(str(spec))}) == 1
    assert spec.seed == 2**63
    assert spec.__replace__(seed=3).seed == 3
    assert spec.__replace__(seed=3) != spec
    assert spec.num_features == 32
    zero, minus = (bo.FeatureMapSpec(1, 4, centring=bo.Centring([z], [z])) for z in (0.0, -0.0))
    assert zero == minus
    assert hash(zero) == hash(minus)


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
        ({"centring": bo.Centring([0.0], [0.0])}, "centring.query has 1 entries"),
    ],
)
def test_specs_that_describe_no_map_are_refused(arguments, words):
    good = {"input_dim": 3, "num_frequencies": 4}
    assert bo.FeatureMapSpec(**good)
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        bo.FeatureMapSpec(**(good | arguments))
    assert words in str(caught.value)


def test_wrong_kinds_of_options_are_refused():
    with pytest.raises(TypeError):
        bo.GaussianKernel(metric=bo.IidProjection())
    with pytest.raises(TypeError):
        bo.FeatureMapSpec(3, 4, kernel=bo.IidProjection())
    with pytest.raises(TypeError):
        bo.FeatureMapSpec(3.5, 4)
