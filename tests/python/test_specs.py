# SPDX-License-Identifier: Apache-2.0
"""Options: every alternative prints, parses, compares, hashes, pickles; bad ones are refused."""

import copy
import pickle

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


def test_wrong_kinds_of_options_are_refused():
    with pytest.raises(TypeError):
        bo.GaussianKernel(metric=bo.IidProjection())
    with pytest.raises(TypeError):
        bo.FeatureMapSpec(3, 4, kernel=bo.IidProjection())
    with pytest.raises(TypeError):
        bo.FeatureMapSpec(3.5, 4)
