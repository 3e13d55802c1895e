import importlib.util
from pathlib import Path
import sys
from types import ModuleType

import pytest
from vla_contract.errors import PolicyError
from vla_lerobot.late_extras import import_late
from vla_lerobot.lerobot_import import skip_extras_of_policies, skip_unneeded_extras

# How LeRobot's modules do it. The package is one that is always there.
GUARDED = """
from typing import TYPE_CHECKING
from lerobot.utils.import_utils import _transformers_available

if TYPE_CHECKING or _transformers_available:
    from json import dumps, loads as read
else:
    dumps = None
    read = None
"""


@pytest.fixture
def without(monkeypatch, tmp_path):
    """Return a function that imports code as a module of LeRobot, without transformers."""
    from lerobot.utils import import_utils

    monkeypatch.setattr(import_utils, '_transformers_available', False)

    def load(name: str, code: str) -> ModuleType:
        path = Path(tmp_path / f'{name}.py')
        path.write_text(code)
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        return module

    # The real modules are left as they are.
    for name in list(sys.modules):
        if name.startswith('lerobot.') and '.utils' not in name:
            monkeypatch.delitem(sys.modules, name)
    return load


def test_what_was_not_imported_is_imported_late(without):
    import json

    module = without('lerobot.policies.kind.modeling_kind', GUARDED)
    assert module.dumps is None
    import_late(['_transformers_available'], 'kind')
    assert (module.dumps, module.read) == (json.dumps, json.loads)
    assert module._transformers_available


def test_a_policy_after_a_dataset_gets_what_the_dataset_did_without(without, monkeypatch):
    import json

    from lerobot.utils import import_utils

    for package in ('transformers', 'diffusers', 'peft'):
        monkeypatch.setattr(import_utils, f'_{package}_available', True)
    skip_extras_of_policies()
    module = without('lerobot.configs', GUARDED)
    assert module.dumps is None
    skip_unneeded_extras('act')
    assert module.dumps is None
    skip_unneeded_extras('smolvla')
    assert module.dumps is json.dumps
    assert import_utils._transformers_available
    skip_extras_of_policies()
    assert import_utils._transformers_available, 'it is imported already'


def test_a_guard_on_another_package_too_waits_for_that(without, monkeypatch):
    from lerobot.utils import import_utils

    monkeypatch.setattr(import_utils, '_unheard_of_available', False, raising=False)
    both = GUARDED.replace(' or _transformers_available', ' or (_transformers_available and F)')
    both = both.replace('import _tr', 'import _unheard_of_available as F, _tr')
    module = without('lerobot.policies.kind.modeling_kind', both)
    import_late(['_transformers_available'], 'kind')
    assert module.dumps is None


def test_a_policy_whose_classes_were_made_without_the_package_is_refused(without):
    code = GUARDED.replace('dumps,', 'JSONDecoder as Base,')
    code = code.replace('dumps = None', 'Base = object')
    without('lerobot.policies.kind.modeling_kind', f'{code}\nclass Net(Base):\n    pass\n')
    import_late(['_transformers_available'], 'other')
    with pytest.raises(PolicyError, match="'kind' needs transformers, .* start the process anew"):
        import_late(['_transformers_available'], 'kind')
