import numpy as np
import pytest
from vla_calibration.lens.lens import Lens
from vla_contract.errors import VlaError

K = np.array([[600.0, 0, 320.0], [0, 590.0, 240.0], [0, 0, 1]])


@pytest.mark.parametrize(
    ('model', 'distortion'),
    [
        ('plumb_bob', [-0.28, 0.03, 0.001, -0.0002]),
        ('plumb_bob', [-0.28, 0.03, 0.001, -0.0002, 0.1]),
        ('rational_polynomial', [0.2, 0.1, 0.001, 0.0, 0.02, 0.5, 0.2, 0.05]),
        ('equidistant', [0.02, -0.01, 0.003, 0.0]),
    ],
)
def test_normalising_undoes_projecting(model, distortion):
    lens = Lens(640, 480, K, np.array(distortion), model)
    ideal = np.random.default_rng(0).uniform(-0.45, 0.45, (50, 2))
    points = np.concatenate([ideal, np.ones((50, 1))], axis=1) * 0.7
    assert lens.normalise(lens.project(points)) == pytest.approx(ideal, abs=1e-8)


def test_a_lens_that_cannot_be_is_one_sentence():
    with pytest.raises(VlaError, match="'barrel' is unknown; allowed: plumb_bob"):
        Lens(640, 480, K, np.zeros(5), 'barrel')
    with pytest.raises(VlaError, match='found 3 coefficients; allowed: 4 or 5'):
        Lens(640, 480, K, np.zeros(3))
    with pytest.raises(VlaError, match='fx > 0'):
        Lens(640, 480, K * 0, np.zeros(5))
