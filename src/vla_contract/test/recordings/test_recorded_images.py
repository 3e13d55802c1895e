from types import SimpleNamespace

from episode_messages import MS
import numpy as np
import pytest
from vla_contract.cameras.encodings import ENCODINGS
from vla_contract.cameras.image_messages import raw_image
from vla_contract.errors import VlaError
from vla_contract.recordings.read_events import read_events
from vla_contract.recordings.testing import header, write_recording


def recorded(cell, path, encoding: str, rows: np.ndarray):
    """Return what of an image of 8 x 6 pixels is read back, and its message."""
    message = {
        'header': header(40 * MS, 'optical'), 'height': 6, 'width': 8, 'encoding': encoding,
        'is_bigendian': 1, 'step': rows.shape[1], 'data': rows.tobytes(),
    }  # fmt: skip
    write_recording(path, [(41 * MS, f'/{cell.cameras[0].topic}/image_raw', message)])
    [event] = read_events(path, cell)
    live = {**message, 'header': SimpleNamespace(frame_id='optical')}
    return event.payload, SimpleNamespace(**live)


@pytest.mark.parametrize('encoding', ENCODINGS)
def test_every_encoding_is_read_as_from_a_topic(cell, tmp_path, encoding):
    kind = ENCODINGS[encoding]
    rows = np.random.default_rng(0).integers(0, 256, (kind.rows(6), 8 * kind.pixel_bytes), 'u1')
    shown, message = recorded(cell, tmp_path / 'a.mcap', encoding, rows)
    assert (shown.camera, shown.stamp_ns) == (cell.cameras[0].name, 40 * MS)
    assert shown.image.shape == (6, 8, 3)
    assert np.array_equal(shown.image, raw_image(message))


def test_recorded_depth_is_refused_by_name(cell, tmp_path):
    with pytest.raises(VlaError, match="optical: found encoding '16UC1', depth in millimetres"):
        recorded(cell, tmp_path / 'a.mcap', '16UC1', np.zeros((6, 16), np.uint8))
