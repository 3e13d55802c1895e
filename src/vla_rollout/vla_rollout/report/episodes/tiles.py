"""The videos of a run as tiles, each framed by how its episode ended."""

import base64
from collections.abc import Sequence
from html import escape
import os
from pathlib import Path
from urllib.parse import quote

from vla_contract.page.page import Html
from vla_rollout.report.episodes.poster import poster_of
from vla_rollout.report.kinds.any_run import Place
from vla_rollout.report.kinds.episode_row import EpisodeRow
from vla_rollout.report.run_files import video_of
from vla_rollout.report.text import brief

_CAUSE = 60


def video_tiles(
    folder: Path, rows: Sequence[EpisodeRow], place: Place, targets: Sequence[str]
) -> dict[int, Html]:
    """Return the tile of every episode with a video; failures get the room in the page first.

    Args:
        folder: of the run.
        rows: every episode.
        place: where on the page.
        targets: name of each tile that a link leads to, '' for none.
    """
    left, tiles = place.video_bytes, {}
    for index in sorted(range(len(rows)), key=lambda i: rows[i].success):
        file = video_of(folder, rows[index])
        if file is None or not os.access(file, os.R_OK):
            continue
        size = file.stat().st_size
        if size <= left:
            left -= size
            source = f'data:video/mp4;base64,{_base64(file.read_bytes())}'
        else:
            source = quote(os.path.relpath(file, place.output.resolve()))
        tiles[index] = _tile(index, rows[index], source, poster_of(file), targets[index])
    return dict(sorted(tiles.items()))


def framing(row: EpisodeRow) -> str:
    """Return the class of an episode: good, bad, or other where it counts nowhere."""
    if row.is_error or not row.is_counted:
        return 'other'
    return 'good' if row.success else 'bad'


def _tile(index: int, row: EpisodeRow, source: str, poster: bytes, target: str) -> Html:
    still = f' poster="data:image/jpeg;base64,{_base64(poster)}"' if poster else ''
    # The poster shows it already: nothing else is read before somebody plays it.
    load = 'none' if poster else 'metadata'
    name = f' id="{target}"' if target else ''
    cause = escape(brief(row.cause.sentence, _CAUSE))
    mark = {'good': '✓', 'bad': '✗', 'other': '?'}[framing(row)]
    said = f'{index + 1} {mark} seed {row.seed}, {row.duration_s:.1f} s: {cause}'
    return Html(
        f'<figure class="tile {framing(row)}"{name}><video controls preload="{load}"{still} '
        f'aria-label="video of seed {row.seed}" src="{source}"></video>'
        f'<figcaption>{said}</figcaption></figure>'
    )


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode('ascii')
