"""Photographs of a hand-eye calibration with the board where the robot says that it is."""

import cv2
import numpy as np
from vla_calibration.hand_eye.data import Views
from vla_calibration.hand_eye.hand_eye import HandEyeResult
from vla_calibration.lens.grey_image import read_colour
from vla_calibration.lens.pictures import reprojection
from vla_contract.page.page import figure, Html, pair

_SHOWN = 4
_QUALITY = [cv2.IMWRITE_JPEG_QUALITY, 85]


def reprojected_board(result: HandEyeResult, views: Views) -> Html:
    """Show the board as seen and as the calibration predicts it: the worst views and the best.

    Where only poses are known, or no image is there any more, nothing is shown.
    """
    lens, shown = views.lens, []
    paths = {path.name: path for path in views.images}
    for view in _worst_and_best(result):
        seen, path = views.used[view], paths.get(result.names[view])
        if lens is None or seen.points is None or seen.pixels is None or path is None:
            continue
        photograph = read_colour(path.read_bytes()) if path.is_file() else None
        if photograph is None:
            continue
        predicted = lens.project(seen.points, result.predicted[view])
        off_px = float(np.linalg.norm(predicted - seen.pixels, axis=1).mean())
        picture = reprojection(photograph, seen.pixels, predicted, f'{path.name}: {off_px:.2f} px')
        _, data = cv2.imencode('.jpg', picture, _QUALITY)
        shown.append(figure(data.tobytes(), f'{path.name}: {off_px:.2f} px in the mean', 'jpeg'))
    if not shown:
        return Html('')
    said = '<p>Circles: seen. Crosses: where robot and calibration say that the points are.</p>'
    return Html(f'<h2>The board in the images</h2>{said}{pair(shown)}')


def _worst_and_best(result: HandEyeResult) -> list[int]:
    order = np.argsort(-result.solution.chi2).tolist()
    return order if len(order) <= _SHOWN else [*order[: _SHOWN - 1], order[-1]]
