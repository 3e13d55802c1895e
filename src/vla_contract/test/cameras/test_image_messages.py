"""Judges are what cv_bridge calls: OpenCV's cvtColor and convertTo on a matrix of its own."""

from types import SimpleNamespace

import cv2
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_contract.cameras.encodings import BAYER, ENCODINGS
from vla_contract.cameras.image_messages import compressed_image, raw_image
from vla_contract.errors import ContractError

HEADER = SimpleNamespace(frame_id='optical')
WIDTH, HEIGHT = 8, 6
TO_RGB = {
    'bgr8': cv2.COLOR_BGR2RGB,
    'rgba8': cv2.COLOR_RGBA2RGB,
    'bgra8': cv2.COLOR_BGRA2RGB,
    'mono8': cv2.COLOR_GRAY2RGB,
    'yuv422': cv2.COLOR_YUV2RGB_UYVY,
    'uyvy': cv2.COLOR_YUV2RGB_UYVY,
    'yuv422_yuy2': cv2.COLOR_YUV2RGB_YUY2,
    'yuyv': cv2.COLOR_YUV2RGB_YUY2,
    'nv12': cv2.COLOR_YUV2RGB_NV12,
    'nv21': cv2.COLOR_YUV2RGB_NV21,
    'bayer_rggb8': cv2.COLOR_BayerBG2RGB,
    'bayer_bggr8': cv2.COLOR_BayerRG2RGB,
    'bayer_gbrg8': cv2.COLOR_BayerGR2RGB,
    'bayer_grbg8': cv2.COLOR_BayerGB2RGB,
}
SEMIPLANAR = ('nv12', 'nv21')


def message(encoding: str, rows: np.ndarray, size=(WIDTH, HEIGHT), padding=0, **more):
    """Return a message of rows of bytes, each followed by padding that is no pixel."""
    padded = np.pad(rows, ((0, 0), (0, padding)), constant_values=77)
    values = {
        'header': HEADER, 'width': size[0], 'height': size[1], 'encoding': encoding,
        'step': padded.shape[1], 'data': padded.tobytes(), 'is_bigendian': 0,
    }  # fmt: skip
    return SimpleNamespace(**values | more)


def compressed(image: np.ndarray, kind: str, said: str):
    data = cv2.imencode(f'.{kind}', image)[1].tobytes()
    return SimpleNamespace(header=HEADER, format=said, data=data)


def noise(rows: int, bytes_per_row: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (rows, bytes_per_row), np.uint8)


def test_every_encoding_has_a_judge():
    assert {*TO_RGB, 'rgb8', 'mono16'} == set(ENCODINGS)


@pytest.mark.parametrize('padding', [0, 5])
@pytest.mark.parametrize('encoding', TO_RGB)
def test_an_encoding_becomes_rgb_as_opencv_has_it(encoding, padding):
    is_semiplanar = encoding in SEMIPLANAR
    pixel_bytes = ENCODINGS[encoding].pixel_bytes
    rows = noise(HEIGHT * 3 // 2 if is_semiplanar else HEIGHT, WIDTH * pixel_bytes)
    shape = (len(rows), WIDTH, pixel_bytes) if pixel_bytes > 1 else rows.shape
    expected = cv2.cvtColor(rows.reshape(shape), TO_RGB[encoding])
    # 8 bits have no order of bytes, whatever a driver says of it.
    for is_bigendian in (0, 1):
        image = raw_image(message(encoding, rows, padding=padding, is_bigendian=is_bigendian))
        assert image.shape == (HEIGHT, WIDTH, 3)
        assert image.dtype == np.uint8
        assert np.array_equal(image, expected)


def test_rgb_is_a_view_of_the_message():
    rows = noise(HEIGHT, 3 * WIDTH)
    data = np.pad(rows, ((0, 0), (0, 3)))
    image = raw_image(message('rgb8', data[:, :-3], data=memoryview(data).cast('B'), step=27))
    assert np.array_equal(image, rows.reshape(HEIGHT, WIDTH, 3))
    assert np.shares_memory(image, data)


@pytest.mark.parametrize('order', ['<', '>'])
def test_16_bits_become_8_in_either_order_of_bytes(order):
    values = np.linspace(0, 65535, WIDTH * HEIGHT).astype(np.uint16).reshape(HEIGHT, WIDTH)
    rows = values.astype(f'{order}u2').view(np.uint8).reshape(HEIGHT, 2 * WIDTH)
    image = raw_image(message('mono16', rows, padding=3, is_bigendian=int(order == '>')))
    # cv_bridge's convertTo(..., 255. / 65535.)
    expected = cv2.convertScaleAbs(values, alpha=255.0 / 65535.0)
    assert np.array_equal(image, np.repeat(expected[:, :, None], 3, axis=2))
    assert (image[0, 0, 0], image[-1, -1, 0]) == (0, 255)


@given(st.integers(0, 65535))
def test_a_value_of_16_bits_is_rounded_to_the_nearest(value):
    rows = np.array([[value]], '<u2').view(np.uint8)
    found = int(raw_image(message('mono16', rows, (1, 1)))[0, 0, 0])
    assert abs(found - value / 257) <= 0.5


@pytest.mark.parametrize('encoding', BAYER)
@pytest.mark.parametrize('channel', [0, 1, 2])
def test_one_colour_through_a_mosaic_stays_that_colour(encoding, channel):
    """Whoever mixes up the names of mosaics sees another colour."""
    pattern = encoding.removeprefix('bayer_').removesuffix('8')
    rows = np.zeros((HEIGHT, WIDTH), np.uint8)
    for place, colour in enumerate(pattern):
        rows[place // 2 :: 2, place % 2 :: 2] = 200 * ('rgb'[channel] == colour)
    image = raw_image(message(encoding, rows))
    assert image[..., channel].min() == 200
    assert np.delete(image, channel, axis=2).max() == 0


@pytest.mark.parametrize(
    ('encoding', 'rows'),
    [
        ('yuv422', [[90, 81, 240, 81] * (WIDTH // 2)] * HEIGHT),
        ('yuv422_yuy2', [[81, 90, 81, 240] * (WIDTH // 2)] * HEIGHT),
        ('nv12', [[81] * WIDTH] * HEIGHT + [[90, 240] * (WIDTH // 2)] * (HEIGHT // 2)),
        ('nv21', [[81] * WIDTH] * HEIGHT + [[240, 90] * (WIDTH // 2)] * (HEIGHT // 2)),
    ],
)
def test_red_of_a_video_signal_is_red(encoding, rows):
    # ITU-R BT.601: pure red is Y 81, U 90, V 240.
    image = raw_image(message(encoding, np.array(rows, np.uint8)))
    assert np.abs(image.astype(int) - (255, 0, 0)).max() <= 2


@pytest.mark.parametrize(
    ('encoding', 'said'),
    [
        ('16UC1', "found encoding '16UC1', depth in millimetres; allowed: rgb8, bgr8, rgba8, "),
        ('32FC1', "found encoding '32FC1', depth in metres; allowed: rgb8, "),
        ('rgb16', "found encoding 'rgb16'; allowed: rgb8, "),
        ('', "found encoding ''; allowed: rgb8, "),
    ],
)
def test_what_no_policy_sees_is_refused_by_name(encoding, said):
    with pytest.raises(ContractError, match=f'image of optical: {said}.*bayer_grbg8$'):
        raw_image(message(encoding, noise(HEIGHT, 4 * WIDTH)))


@pytest.mark.parametrize(
    ('encoding', 'size', 'said'),
    [
        ('yuv422', (7, 6), 'found 7 x 6 yuv422; allowed: an even width'),
        ('nv12', (8, 5), 'found 8 x 5 nv12; allowed: even numbers'),
        ('nv21', (7, 6), 'found 7 x 6 nv21; allowed: even numbers'),
    ],
)
def test_an_odd_size_is_refused_where_pixels_share_colours(encoding, size, said):
    with pytest.raises(ContractError, match=said):
        raw_image(message(encoding, noise(12, 20), size))


@pytest.mark.parametrize('encoding', ENCODINGS)
def test_a_row_or_a_byte_that_is_missing_is_refused(encoding):
    rows = noise(ENCODINGS[encoding].rows(HEIGHT), WIDTH * ENCODINGS[encoding].pixel_bytes)
    whole = message(encoding, rows)
    raw_image(whole)
    for wrong in ({'data': whole.data[:-1]}, {'step': whole.step - 1}):
        with pytest.raises(ContractError, match=f'bytes for {WIDTH} x {HEIGHT} {encoding} with'):
            raw_image(message(encoding, rows, **wrong))


@pytest.mark.parametrize('encoding', ENCODINGS)
def test_an_image_without_pixels_is_empty(encoding):
    assert raw_image(message(encoding, np.empty((0, 32), np.uint8), (8, 0))).size == 0


def test_jpeg_and_png_keep_their_colours():
    image = np.zeros((16, 16, 3), np.uint8)
    image[..., 2] = 200  # red, as OpenCV writes it
    for kind in ('jpg', 'png'):
        seen = compressed_image(compressed(image, kind, f'rgb8; {kind} compressed bgr8'))
        assert np.abs(seen.astype(int) - (200, 0, 0)).max() <= 3


@pytest.mark.parametrize('encoding', BAYER)
def test_a_mosaic_in_a_png_is_seen_as_in_a_raw_image(encoding):
    rows = noise(HEIGHT, WIDTH)
    seen = compressed_image(compressed(rows, 'png', f'{encoding}; png compressed '))
    assert np.array_equal(seen, raw_image(message(encoding, rows)))


def test_16_bits_in_a_png_are_seen_as_in_a_raw_image():
    rows = noise(HEIGHT, 2 * WIDTH)
    seen = compressed_image(compressed(rows.view('<u2'), 'png', 'mono16; png compressed '))
    assert np.array_equal(seen, raw_image(message('mono16', rows)))


def test_a_mosaic_that_was_made_a_jpeg_is_grey():
    grey = np.full((16, 16), 90, np.uint8)
    seen = compressed_image(compressed(grey, 'jpg', 'bayer_rggb8; jpeg compressed mono8'))
    assert np.array_equal(seen, np.full((16, 16, 3), 90))


@pytest.mark.parametrize('said', ['16UC1; png compressed ', '32FC1; compressedDepth png'])
def test_depth_in_a_png_is_refused(said):
    msg = compressed(noise(HEIGHT, 2 * WIDTH).view('<u2'), 'png', said)
    with pytest.raises(ContractError, match=f"found encoding '{said[:5]}', depth in .*; allowed"):
        compressed_image(msg)


def test_what_is_neither_jpeg_nor_png_is_one_sentence():
    msg = SimpleNamespace(header=HEADER, format='h264', data=b'\x00\x00\x01\x67')
    with pytest.raises(ContractError, match="4 bytes of format 'h264' that cannot be decoded"):
        compressed_image(msg)
