"""Draw the icons: `python Resources/Icons/draw_icons.py`. Needs pillow.

A brain in axial view, drawn four times as large and reduced. What is shown in it says which icon it is: the infarct core alone for
the diffusion module, steps of Tmax for the perfusion module, a clot with its edema for the hemorrhage module, core and hypoperfused
tissue around it for the extension, a step that is done for the guided reading.
"""

import math
from pathlib import Path

from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parents[2]
SIZE = 128
SCALE = 4
SKULL = (70, 78, 92, 255)
BRAIN = (206, 212, 220, 255)
FISSURE = (120, 130, 145, 255)
CORE = (230, 153, 0, 255)
PENUMBRA = (0, 158, 115, 255)
CLOT = (204, 26, 26, 255)
EDEMA = (120, 170, 205, 255)
TMAX = ((58, 120, 255, 255), (52, 199, 89, 255), (255, 214, 10, 255), (235, 52, 47, 255))
"""Above 4, 6, 8 and 10 s."""
BATH = (120, 130, 145, 255)
VIALS = tuple((shade, shade, shade, 255) for shade in (235, 210, 180, 150, 110, 75))
"""PVP from 0 to 50 %."""


def _box(x: float, y: float, rx: float, ry: float) -> list[float]:
    return [SCALE * value for value in (x - rx, y - ry, x + rx, y + ry)]


def _head() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGBA", (SIZE * SCALE, SIZE * SCALE), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.ellipse(_box(64, 64, 50, 60), fill=SKULL)
    draw.ellipse(_box(64, 64, 43, 53), fill=BRAIN)
    draw.line([SCALE * 64, SCALE * 12, SCALE * 64, SCALE * 116], fill=FISSURE, width=3 * SCALE)
    for side in (-1, 1):
        draw.ellipse(_box(64 + 8 * side, 54, 5, 15), fill=FISSURE)
    return image, draw


def draw_icon(*, hypoperfusion: bool) -> Image.Image:
    """One icon, 128 x 128 with transparency."""
    image, draw = _head()
    if hypoperfusion:
        draw.ellipse(_box(87, 68, 17, 27), fill=PENUMBRA)
    draw.ellipse(_box(88, 66, 9, 14), fill=CORE)
    return image.resize((SIZE, SIZE), Image.Resampling.BOX)


def draw_tmax_icon() -> Image.Image:
    """Icon of the perfusion module."""
    image, draw = _head()
    for step, color in enumerate(TMAX):
        draw.ellipse(_box(86, 67, 20 - 5 * step, 31 - 8 * step), fill=color)
    return image.resize((SIZE, SIZE), Image.Resampling.BOX)


def draw_clot_icon() -> Image.Image:
    """Icon of the hemorrhage module."""
    image, draw = _head()
    draw.ellipse(_box(85, 66, 17, 23), fill=EDEMA)
    draw.ellipse(_box(86, 66, 12, 17), fill=CLOT)
    return image.resize((SIZE, SIZE), Image.Resampling.BOX)


def draw_guided_icon() -> Image.Image:
    """Icon of the guided reading: the core, and a step that is done."""
    image, draw = _head()
    draw.ellipse(_box(88, 66, 9, 14), fill=CORE)
    draw.ellipse(_box(96, 96, 28, 28), fill=PENUMBRA)
    mark = [SCALE * value for value in (82, 97, 92, 107, 111, 86)]
    draw.line(mark, fill=(255, 255, 255, 255), width=8 * SCALE, joint="curve")
    return image.resize((SIZE, SIZE), Image.Resampling.BOX)


def draw_phantom_icon() -> Image.Image:
    """Icon of the phantom module: vials of a diffusion phantom from bright to dark, the center one ticked."""
    image = Image.new("RGBA", (SIZE * SCALE, SIZE * SCALE), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.ellipse(_box(64, 64, 58, 58), fill=SKULL)
    draw.ellipse(_box(64, 64, 51, 51), fill=BATH)
    for n in range(6):
        angle = math.radians(60 * n - 90)
        draw.ellipse(_box(64 + 34 * math.cos(angle), 64 + 34 * math.sin(angle), 11, 11), fill=VIALS[n])
    draw.ellipse(_box(64, 64, 15, 15), fill=PENUMBRA)
    tick = [(56, 64), (62, 71), (73, 57)]
    draw.line([(SCALE * x, SCALE * y) for x, y in tick], fill=(255, 255, 255, 255), width=4 * SCALE, joint="curve")
    return image.resize((SIZE, SIZE), Image.Resampling.BOX)


def icons() -> dict[str, Image.Image]:
    """Every icon by its file name in the repository."""
    return {
        "Resources/Icons/StrokeBiomarkers.png": draw_icon(hypoperfusion=True),
        "StrokeBiomarkers/Resources/Icons/StrokeBiomarkers.png": draw_guided_icon(),
        "StrokeBiomarkers/Resources/Icons/StrokeDiffusionCore.png": draw_icon(hypoperfusion=False),
        "StrokeBiomarkers/Resources/Icons/StrokePerfusionMismatch.png": draw_tmax_icon(),
        "StrokeBiomarkers/Resources/Icons/StrokeHemorrhageVolume.png": draw_clot_icon(),
        "PhantomQC/Resources/Icons/PhantomQC.png": draw_phantom_icon(),
    }


if __name__ == "__main__":
    for name, icon in icons().items():
        icon.save(ROOT / name, optimize=True)
