from pathlib import Path
import sys

import pytest
from run_rows import episode, write_run

# A recording of the real filter is made as the tests of recordings make it.
sys.path.append(str(Path(__file__).parent.parent / 'recording'))


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / '20261122-demo'
    (folder / 'videos').mkdir(parents=True)
    (folder / 'videos' / 'a.mp4').write_bytes(b'moving picture')
    results = [episode(k, True) for k in range(8)]
    results += [episode(8, False, 'wild oscillation', video='videos/a.mp4'), episode(9, False)]
    return write_run(
        folder, results, {'policy': 'act <1>', 'given': {'deployment': 'panda_lift_cube'}}
    )
