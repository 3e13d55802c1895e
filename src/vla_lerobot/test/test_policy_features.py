import numpy as np
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import NameMismatchError
from vla_contract.values import Observation
from vla_lerobot.features import FeatureEncoder, STATE
from vla_lerobot.images import fit_for_policy

DEPLOYMENT = load_deployment()
IMAGE = np.random.default_rng(0).integers(0, 256, (384, 384, 3), np.uint8)
SEEN = Observation(0, np.arange(8.0), {'top': IMAGE}, '')


def test_state_and_images_stand_under_their_feature_names():
    features = FeatureEncoder(DEPLOYMENT)(SEEN)
    assert set(features) == {STATE, 'observation.images.top'}
    assert features[STATE].dtype == np.float32
    assert features[STATE].tolist() == list(range(8))
    expected = fit_for_policy(IMAGE, DEPLOYMENT.policy.cameras[0])
    assert np.array_equal(features['observation.images.top'], expected)


def test_another_order_of_the_state_is_followed_by_name():
    names = DEPLOYMENT.cell.joint_names[::-1]
    assert FeatureEncoder(DEPLOYMENT, names)(SEEN)[STATE].tolist() == list(range(7, -1, -1))
    with pytest.raises(NameMismatchError, match='elbow'):
        FeatureEncoder(DEPLOYMENT, ['elbow'])
