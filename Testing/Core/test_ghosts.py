"""Nyquist ghost of a disc in the noise of a magnitude image."""

from types import SimpleNamespace

import numpy as np
import pytest

from strokequant.phantom.ghosts import ghost_percent

SIZE, SIGNAL = 128, 1000.0


def disc(percent, snr, axis):
    """(3, 128, 128) image with a ghost half a field of view away along an axis."""
    y, x = np.mgrid[:SIZE, :SIZE] - SIZE / 2
    body = SIGNAL * (y**2 + x**2 < 40**2)
    image = body + np.where(body > 0, 0, np.roll(body, SIZE // 2, axis) * percent / 100)
    noise = np.random.default_rng(5).normal(0, SIGNAL / snr, (2, 3, SIZE, SIZE))
    return SimpleNamespace(values=[np.hypot(image + noise[0], noise[1]).astype(np.float32)])


@pytest.mark.parametrize("snr", [50, 100])
@pytest.mark.parametrize("percent", [1.0, 3.0, 6.0])
@pytest.mark.parametrize(("axis", "encoding"), [(0, "COL"), (1, "ROW"), (1, None)])
def test_a_ghost_at_the_noise_is_read_as_it_is(percent, snr, axis, encoding):
    assert ghost_percent(disc(percent, snr, axis), encoding) == pytest.approx(percent, abs=0.1)


def test_noise_alone_is_no_ghost():
    assert ghost_percent(disc(0, 50, 0), "COL") < 0.5
    assert ghost_percent(disc(3, 100, 0), "ROW") < 0.5, "across the phase encoding"
