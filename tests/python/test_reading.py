# SPDX-License-Identifier: Apache-2.0
"""Tables, texts of parts of specs, seeds and ridges."""

import hashlib

import numpy as np
import pytest

import bochner as bo

TEXT = "age;height;weight\n31;1,7;70\n42;1,8;80\n20;1,6;60\n"
READING = bo.ReadOptions(delimiter="semicolon", decimal="comma", columns=["weight", 2])


def test_tables_of_text_have_names_and_lines(tmp_path):
    file = tmp_path / "people.csv"
    file.write_text(TEXT)
    table = bo.read_table(file, reading=READING)
    assert table.rows.tolist() == [[70.0, 1.7], [80.0, 1.8], [60.0, 1.6]]
    assert table.columns == ("weight", "height")
    assert table.digest == hashlib.sha256(TEXT.encode()).hexdigest()
    assert (table.counted, table.lines.tolist()) == ("line", [2, 3, 4])
    assert "semicolon" in table.layout
    assert bo.read_table(str(file), reading=READING) == table


def test_tables_become_frames(tmp_path):
    pandas = pytest.importorskip("pandas")
    file = tmp_path / "people.csv"
    file.write_text(TEXT)
    frame = bo.read_table(file, reading=READING).to_frame()
    expected = pandas.read_csv(file, sep=";", decimal=",")[["weight", "height"]].astype(float)
    pandas.testing.assert_frame_equal(frame, expected)
    np.save(tmp_path / "x.npy", np.eye(3))
    assert list(bo.read_table(tmp_path / "x.npy").to_frame().columns) == [0, 1, 2]


def test_tables_of_arrays(dtype, tmp_path):
    x = np.random.default_rng(0).normal(size=(5, 3)).astype(dtype)
    np.save(tmp_path / "x.npy", x)
    table = bo.read_table(tmp_path / "x.npy")
    assert np.array_equal(table.rows, x)
    assert table.rows.dtype == np.float64
    assert (table.columns, table.counted, table.lines.tolist()) == ((), "row", [1, 2, 3, 4, 5])


def test_bad_tables_are_refused(tmp_path):
    with pytest.raises(OSError, match="no-such"):
        bo.read_table(tmp_path / "no-such.csv")
    (tmp_path / "bad.csv").write_text("1,2\n3,x\n")
    with pytest.raises(OSError, match="line 2"):
        bo.read_table(tmp_path / "bad.csv")
    with pytest.raises(TypeError, match=r"^read_table: file is 3, expected a path"):
        bo.read_table(3)
    with pytest.raises(TypeError, match=r"^read_table: reading is dict, expected ReadOptions"):
        bo.read_table(tmp_path / "bad.csv", reading={})
    np.save(tmp_path / "x.npy", np.eye(3))
    with pytest.raises(ValueError, match="width"):
        bo.read_table(tmp_path / "x.npy", reading=bo.ReadOptions(width=3))


@pytest.mark.parametrize(
    ("parse", "kinds"),
    [
        (bo.parse_kernel, bo.kernels),
        (bo.parse_projection, bo.projections),
        (bo.parse_features, bo.feature_functions),
    ],
)
def test_texts_are_read_back(parse, kinds):
    for kind in kinds:
        assert parse(str(kind())) == kind()
    name = parse.__name__
    with pytest.raises(ValueError, match=rf"^{name}: text is 'nonsense': "):
        parse("nonsense")
    for value in (3, None, kinds[0]()):
        with pytest.raises(TypeError, match=rf"^{name}: text is .*, expected a word"):
            parse(value)


def philox(counter, key):
    """Philox 4x32-10 of four words and two, as Salmon and others (2011) write it."""
    a, b, c, d = counter
    k, m = key
    for _ in range(10):
        first, second = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = (
            (second >> 32) ^ b ^ k,
            second & 0xFFFFFFFF,
            (first >> 32) ^ d ^ m,
            first & 0xFFFFFFFF,
        )
        k, m = (k + 0x9E3779B9) & 0xFFFFFFFF, (m + 0xBB67AE85) & 0xFFFFFFFF
    return a, b, c, d


@pytest.mark.parametrize("seed", [0, 1, 2**40 + 3, 2**64 - 1])
@pytest.mark.parametrize("index", [0, 1, 2, 2**35 + 1])
def test_seeds_are_hashed(seed, index):
    derive = 7 << 16  # the purpose of the stream
    block = index // 2
    words = philox((block & 0xFFFFFFFF, block >> 32, 0, derive), (seed & 0xFFFFFFFF, seed >> 32))
    low, high = words[2 * (index % 2) : 2 * (index % 2) + 2]
    assert bo.derive_seed(seed, index) == low | high << 32


def test_seeds_are_integers_of_any_kind():
    assert bo.derive_seed(np.uint64(2**64 - 1), np.int32(3)) == bo.derive_seed(2**64 - 1, 3)


@pytest.mark.parametrize("bad", [-1, 2**64, 1.0, "1", True, None])
def test_what_is_no_seed_is_refused(bad):
    with pytest.raises((TypeError, ValueError), match=r"^derive_seed: seed is "):
        bo.derive_seed(bad, 0)
    with pytest.raises((TypeError, ValueError), match=r"^derive_seed: index is "):
        bo.derive_seed(0, bad)


def test_ridges_have_equal_ratios():
    ridges = bo.logarithmic_ridges(1e-8, 10.0, 28)
    assert np.allclose(ridges, np.geomspace(1e-8, 10.0, 28), rtol=1e-12)
    for bad in ((0.0, 1.0, 3), (1.0, -1.0, 3), (1.0, 2.0, 1), (1.0, np.inf, 3), (np.nan, 1.0, 3)):
        with pytest.raises(ValueError, match=r"^logarithmic_ridges: "):
            bo.logarithmic_ridges(*bad)
    with pytest.raises(TypeError, match=r"^logarithmic_ridges: count is 2.5, expected an integer"):
        bo.logarithmic_ridges(1.0, 2.0, 2.5)
