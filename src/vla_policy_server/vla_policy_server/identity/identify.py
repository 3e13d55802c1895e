"""Tell which policy a deployment runs, by what it consists of and not by its name."""

from collections.abc import Callable
from dataclasses import replace
import importlib.util
from pathlib import Path
import sys

from vla_contract.deployment.deployment import Deployment
from vla_contract.deployment.meaning import meaning_sha256
from vla_contract.errors import UnknownNameError, VlaError
from vla_contract.plugins import offered_in
from vla_contract.policy import Policy
from vla_policy_server.backends.registry import GROUP
from vla_policy_server.identity.checkpoint_content import checkpoint_content, Content
from vla_policy_server.identity.content_files import checkpoint_files, dataset_files
from vla_policy_server.identity.content_hash import file_sha256, files_sha256
from vla_policy_server.identity.policy_identity import PolicyIdentity
from vla_policy_server.wire.handshake import ServedIdentity

REMOTE = 'remote'

_imported: dict[str, str] = {}
"""Hashes of the files of modules, by name, as they were when first seen in use."""


def identity_of(
    deployment: Deployment, policy: Policy | None = None, precision: str = ''
) -> PolicyIdentity:
    """Return the identity of a deployment's policy; what cannot be told is said in `unknown`.

    Files are read once per process, which takes seconds for large weights: not for callbacks.

    Args:
        deployment: what runs.
        policy: as loaded; needed for a remote one, whose server says what it serves.
        precision: of its network, where the policy itself does not say.
    """
    file = deployment.policy
    served = getattr(policy, 'identity', None) if file.backend == REMOTE else None
    served = served if isinstance(served, ServedIdentity) else None
    content, unknown = Content(''), ''
    try:
        content = _content(deployment, policy, served)
    except (VlaError, OSError) as error:
        unknown = ' '.join(str(error).split())
    return PolicyIdentity(
        policy=file.name,
        backend=file.backend,
        source=file.source,
        precision=served.precision if served else _precision(policy, precision),
        content_sha256=content.sha256,
        policy_file_sha256=_policy_file_sha256(deployment, served),
        cell_sha256=deployment.cell.sha256,
        deployment_sha256=deployment.sha256,
        revision=content.revision,
        unknown=unknown,
    )


def _precision(policy: Policy | None, wanted: str) -> str:
    own = getattr(policy, 'precision', '')
    return own if isinstance(own, str) and own else wanted


def _policy_file_sha256(deployment: Deployment, served: ServedIdentity | None) -> str:
    """Return the hash of what the numbers mean, here and at the server: same files, same hash.

    Name and source are left out, because a checkpoint stays the same where it is moved to.
    """
    meaning = meaning_sha256(replace(deployment.policy, name='', source='', backend=''))
    return meaning_sha256([meaning, served.sha256]) if served else meaning


def _content(
    deployment: Deployment, policy: Policy | None, served: ServedIdentity | None
) -> Content:
    backend, source = deployment.policy.backend, deployment.policy.source
    if backend == REMOTE:
        return _remote(source, served, getattr(policy, 'known', ''))
    if backend == 'lerobot':
        return checkpoint_content(source, _loaded_from(policy))
    return _FINDERS.get(backend, _module)(backend, source)


def _remote(source: str, served: ServedIdentity | None, known: str) -> Content:
    """Return the hash that a server says; what is known of another stands in the sentence."""
    if served is None:
        raise VlaError(
            f'{source} does not say what it serves{f" ({known})" if known else ""}; '
            'vla policy serve does, as sha256 of identity'
        )
    return Content(served.content_sha256)


def _loaded_from(policy: Policy | None) -> Path | None:
    """Return the folder of a LeRobot policy's files: a hub id may name others by now."""
    folder = getattr(getattr(policy, 'checkpoint', None), 'folder', None)
    return folder if isinstance(folder, Path) else None


def _dataset(backend: str, source: str) -> Content:
    """Return the hash of a dataset and of the episode that is replayed."""
    name, _, episode = source.partition(':')
    folder = Path(name).expanduser()
    files = dataset_files(folder)
    if not files:
        raise VlaError(f"there is no dataset in '{folder}'")
    return Content(meaning_sha256([backend, files_sha256(folder, files), episode or '0']))


def _built_in(backend: str, source: str) -> Content:
    """Return the hash of the name and version of a backend that consists of our code only."""
    for entry in offered_in(GROUP).select(name=backend):
        if entry.dist is not None:
            return Content(meaning_sha256([backend, entry.dist.name, entry.dist.version]))
    raise VlaError(f"backend '{backend}' belongs to no installed package")


def _module(backend: str, source: str) -> Content:
    """Return the hash of a factory's module, and of its source where that is files.

    What the module imports is not covered.
    """
    offered = {entry.name: entry.value for entry in offered_in(GROUP)}
    target = offered.get(backend, backend if ':' in backend else '')
    if not target:
        raise UnknownNameError('backend', backend, GROUP, offered)
    module = _module_sha256(target.partition(':')[0])
    return Content(meaning_sha256([target, module, *_files_of(source)]))


def _module_sha256(name: str) -> str:
    """Return the hash of a module's file; once imported it runs as it was then."""
    if name in _imported:
        return _imported[name]
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, AttributeError, ValueError):
        spec = None
    if spec is None or not spec.origin or not Path(spec.origin).is_file():
        raise VlaError(f"the file of backend module '{name}' cannot be found")
    sha256 = file_sha256(Path(spec.origin))
    if name in sys.modules:
        _imported[name] = sha256
    return sha256


def _files_of(source: str) -> list[str]:
    """Return the hash of the files that a source names, else the source itself."""
    path = Path(source).expanduser()
    if source and path.is_dir():
        return [files_sha256(path, checkpoint_files(path))]
    return [file_sha256(path)] if source and path.is_file() else [source]


_FINDERS: dict[str, Callable[[str, str], Content]] = {
    'replay': _dataset,
    'hold': _built_in,
    'scripted': _built_in,
}
