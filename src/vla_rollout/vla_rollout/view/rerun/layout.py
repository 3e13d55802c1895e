"""How a viewer arranges an episode: space and cameras, joints by group, states, log."""

from collections.abc import Collection, Mapping
from typing import Any

from vla_contract.deployment.cell import Cell
from vla_rollout.view.rerun.joints import EFFORTS, JOINTS, VELOCITIES
from vla_rollout.view.rerun.library import load_rerun, path_part
from vla_rollout.view.rerun.scene import WORLD
from vla_rollout.view.rerun.timelines import CAPTURE
from vla_rollout.view.rerun.words import LOG, STATES


def episode_layout(cell: Cell, places: Mapping[str, str], moments: Collection[str]) -> Any:
    """Return a blueprint.

    Args:
        cell: whose cameras, groups and joints.
        places: path of the entity of each camera, by its name.
        moments: what was measured beside positions: VELOCITIES, EFFORTS.
    """
    load_rerun()
    import rerun.blueprint as b

    pictures = [b.Spatial2DView(origin=place, name=name) for name, place in places.items()]
    titles = {JOINTS: '', VELOCITIES: ' velocity', EFFORTS: ' effort'}
    curves = [
        b.Grid(
            *(
                b.TimeSeriesView(
                    origin=f'{where}/{path_part(name)}',
                    name=name,
                    plot_legend=b.PlotLegend(visible=number == 0),
                )
                for number, name in enumerate(group.joints)
            ),
            name=f'{group.name}{titles[where]}',
        )
        for where in (JOINTS, VELOCITIES, EFFORTS)
        if where == JOINTS or where in moments
        for group in cell.robot.groups
    ]
    seen: list[Any] = [b.Spatial3DView(origin=WORLD, name='robot')]
    if pictures:
        seen.append(b.Grid(*pictures))
    return b.Blueprint(
        b.Horizontal(
            b.Vertical(
                b.Spatial3DView(origin=WORLD, name='robot'),
                *([b.Grid(*pictures)] if pictures else []),
            ),
            b.Vertical(
                b.Tabs(*curves),
                b.StateTimelineView(origin=STATES, name='action filter'),
                b.TextLogView(origin=LOG, name='log'),
                row_shares=[5, 1.5, 1.5],
            ),
            column_shares=[2, 3],
        ),
        b.TimePanel(state='collapsed', timeline=CAPTURE),
        b.BlueprintPanel(state='collapsed'),
        b.SelectionPanel(state='collapsed'),
        auto_views=False,
    )
