"""Text in the pixels: what the header says, and letters at the top and bottom of the images.

The header decides first: an image that says so, a secondary capture, a screen save and a color image are refused. Pixels are searched for
bright letters of one brightness in a line at the top and bottom, where a scanner or a workstation writes names. That finds the usual
annotation; handwriting, dark letters, letters over the head and single short marks are not found, and not every image of a long series
is looked at. It is a net, no proof.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..deidentify_config import DeidentifyConfig
from ..errors import Issue, Level
from ..types import Role, Series

_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_CONVERSIONS = {"DV", "DI", "DF", "WSD", "SD", "SI", "DRW", "SYN"}
_OF_SCANNERS = (Role.DWI, Role.ADC)
"""Trace images and ADC maps are secondary where scanners make them; their pixels are searched as all others."""
_WORDS = {"SCREEN SAVE", "SCREENSAVE", "CAPTURE", "SCREEN", "DOSE", "DOSE_INFO"}


def header_refusal(series: Series) -> Issue | None:
    """Why the header of a series does not let it through; None where it does."""
    header = series.header
    words = {word.strip().upper() for word in str(header.get("image_type") or "").split("\\")}
    if str(header.get("burned_in_annotation") or "").upper() == "YES":
        found = "Burned In Annotation (0028,0301) is YES"
    elif str(header.get("sop_class") or "").startswith(_CAPTURE) or header.get("conversion_type") in _CONVERSIONS:
        found = "a secondary capture"
    elif words & _WORDS:
        found = f"Image Type (0008,0008) holds {min(words & _WORDS)}"
    elif (header.get("samples_per_pixel") or 1) > 1 or "PALETTE" in str(header.get("photometric_interpretation")):
        found = "a color image, which may carry results in its pixels"
    else:
        return None
    remedy = "leave it out, or export the images without annotation"
    return Issue("W40", Level.STOP, found, "images without text in their pixels", remedy, series.key)


def question(series: Series, *, undecoded: bool) -> Issue | None:
    """What a person must look at before a series is let through; None where nothing is to be asked.

    Args:
        series: that the header lets through.
        undecoded: none of its pixels could be searched for letters.
    """
    header = series.header
    if str(header.get("burned_in_annotation") or "").upper() == "NO":
        return None
    if undecoded:
        found = "pixels that cannot be decoded here"
    elif series.role not in _OF_SCANNERS and "SECONDARY" in str(header.get("image_type") or "").upper().split("\\"):
        found = "images that were made of others (Image Type SECONDARY), and no Burned In Annotation (0028,0301)"
    else:
        return None
    remedy = "look at every image; name the series with --looked-at where no text is in them, or leave it out"
    return Issue("W45", Level.ASK, found, "images of which the header says that no text is in them", remedy, series.key)


def text_refusal(series_key: str) -> Issue:
    """Refusal of a series in whose pixels letters were found."""
    found, remedy = "letters at the edge of the pixels", "look at the images; export them without annotation"
    return Issue("W40", Level.STOP, found, "images without text in their pixels", remedy, series_key)


def letters_at_edges(image: np.ndarray, config: DeidentifyConfig = DeidentifyConfig()) -> bool:
    """True where a line of letters stands at the top or bottom of an image.

    Args:
        image: (rows, columns) stored or rescaled values.
    """
    low, high = float(image.min()), float(image.max())
    if not high > low:
        return False
    bright = image > low + config.text_bright_share * (high - low)
    return any(_is_text(bright[rows], image[rows], config) for rows in _edges(image.shape, config))


def _edges(shape: tuple[int, ...], config: DeidentifyConfig) -> tuple[slice, slice]:
    """Rows at the top and at the bottom, where annotation stands."""
    rows = max(1, round(shape[0] * config.text_rows_share))
    return slice(0, rows), slice(shape[0] - rows, None)


def _is_text(bright: np.ndarray, values: np.ndarray, config: DeidentifyConfig) -> bool:
    from scipy import ndimage

    labels, count = ndimage.label(bright, structure=np.ones((3, 3)))
    if count < config.text_letters or count > bright.size // 20:
        return False
    letters = [
        (box[0].start + box[0].stop, box[0].stop - box[0].start, n)
        for n, box in enumerate(ndimage.find_objects(labels), 1)
        if _is_letter(labels[box] == n, config)
    ]
    return any(_is_line(line, labels, values, config) for line in _lines(letters))


def _is_letter(shape: np.ndarray, config: DeidentifyConfig) -> bool:
    height, width = shape.shape
    low, high = config.text_height_px
    fill = shape.mean()
    thin = width <= height / 3
    fits = low <= height <= high and width <= 1.6 * height
    return fits and config.text_fill[0] <= fill <= (1.0 if thin else config.text_fill[1])


def _lines(letters: list[tuple[int, int, int]]) -> Iterator[list[int]]:
    """Groups of letters of about one height side by side."""
    for center, height, _ in letters:
        yield [
            n for other, tall, n in letters if abs(other - center) <= height and 0.6 * height <= tall <= height / 0.6
        ]


def _is_line(line: list[int], labels: np.ndarray, values: np.ndarray, config: DeidentifyConfig) -> bool:
    """Enough letters, and most of their pixels with one brightness or two."""
    if len(line) < config.text_letters:
        return False
    _, counts = np.unique(values[np.isin(labels, line)], return_counts=True)
    return float(np.sort(counts)[-2:].sum() / counts.sum()) >= config.text_same_share


def frames_to_check(files: int, config: DeidentifyConfig = DeidentifyConfig()) -> frozenset[int]:
    """Numbers of the images of a series that are searched, evenly spread, first and last among them."""
    return frozenset(np.linspace(0, files - 1, min(files, config.checked_images)).round().astype(int).tolist())


def has_letters(dataset: Any, config: DeidentifyConfig = DeidentifyConfig()) -> bool | None:
    """Whether letters stand at the top or bottom of the images of one data set; None where its pixels cannot be decoded."""
    from pydicom.pixels import pixel_array

    frames = int(dataset.get("NumberOfFrames") or 1)
    try:
        return any(
            letters_at_edges(pixel_array(dataset, index=index), config) for index in frames_to_check(frames, config)
        )
    except Exception:  # decoders raise many types
        return None
