"""Digital diffusion object after the description of the QIBA DWI object: blocks of known ADC (columns) at known SNR (rows).

22 rows, SNR 1, 2, 5, 10, 15 ... 100 from bottom to top; 18 columns, ADC 100, 300 ... 3500 um2/s; blocks of 16 x 20 pixels behind 20 columns
of noise; signal 10 x SNR, noise 10 in each channel; b > 0 is the geometric mean of three magnitudes; stored values are cut off.
"""

import numpy as np

B_VALUES = (0.0, 100.0, 500.0, 800.0, 2000.0, 4000.0)
SNR = (1, 2, 5, *range(10, 105, 5))
ADC_UM2_S = tuple(float(a) for a in range(100, 3600, 200))
BLOCK = (16, 20)
NOISE_COLUMNS = 20
_SIGMA = 10.0


def dwi_object(seed: int = 1, *, sigma: float = _SIGMA) -> np.ndarray:
    """(b, rows, columns) uint16."""
    s0 = np.repeat(np.array(SNR[::-1], float) * _SIGMA, BLOCK[0])[:, None]
    adc = np.repeat(np.array(ADC_UM2_S), BLOCK[1])[None]
    rng = np.random.default_rng(seed)
    images = []
    for b in B_VALUES:
        clean = np.hstack([np.zeros((len(s0), NOISE_COLUMNS)), s0 * np.exp(-b * adc * 1e-6)])
        logs = [np.log(np.maximum(_magnitude(clean, sigma, rng), 1e-9)) for _ in range(3 if b > 0 else 1)]
        images.append(np.exp(np.mean(logs, axis=0)))
    return np.floor(np.array(images)).astype(np.uint16)


def _magnitude(clean: np.ndarray, sigma: float, rng: np.random.Generator) -> np.ndarray:
    real = clean + sigma * rng.standard_normal(clean.shape)
    return np.hypot(real, sigma * rng.standard_normal(clean.shape))
