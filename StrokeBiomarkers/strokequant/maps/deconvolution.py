"""Deconvolution as one matrix: from a concentration curve to the residue at the lags that are searched.

Model `Ct(t) = int Ca(s) k(t - s) ds` with `k = f R` in 1/s. On an even grid of N points, zero-padded to L = 2N, the matrix of
the artery is circulant: its singular values are the magnitudes of the Fourier transform of the artery, so a truncated SVD is a
spectrum that is cut where it is weak, and the pseudo-inverse is again circulant. One inverse transform gives all its entries.

    A = dt FFT(Ca);  cSVD      K = 1/A           where |A| >= P max|A|, else 0
                     Tikhonov  K = conj(A) / (|A|^2 + lambda^2)
    k[m] = sum_j h[(m - j) mod L] Ct[j],  h = inverse FFT of K; negative delays are at m < 0

Wu et al., MRM 2003;50:164 (cSVD, oSVD); Ostergaard et al., MRM 1996;36:715 (sSVD); Gall et al., MAGMA 2010;23:241 (Fourier form).
sSVD has the lower triangular matrix of N points: it depends on delay and serves comparison.
"""

import numpy as np

from ..errors import Issue, Level, MapError
from ..perfusion_config import DeconvolutionConfig

METHODS = ("cSVD", "oSVD", "sSVD", "Tikhonov")
OSVD_THRESHOLDS = tuple(round(0.05 * n, 2) for n in range(1, 20))


def check_config(config: DeconvolutionConfig) -> None:
    """Refuse settings that no deconvolution can work with.

    Raises:
        MapError: D20.
    """
    problem = ""
    if config.method not in METHODS:
        problem = f"method {config.method!r}"
    elif not 0 < config.threshold <= 1 or config.tikhonov_lambda <= 0:
        problem = f"threshold {config.threshold}, lambda {config.tikhonov_lambda}"
    elif not config.window_low_s < config.window_high_s:
        problem = f"search window {config.window_low_s} to {config.window_high_s} s"
    elif config.kappa <= 0 or config.rho_g_ml <= 0 or not 0 < config.plateau <= 1:
        problem = f"kappa {config.kappa}, rho {config.rho_g_ml}, plateau {config.plateau}"
    if problem:
        expected = f"one of {', '.join(METHODS)}; shares above 0 up to 1; a window that rises; positive constants"
        raise MapError(Issue("D20", Level.STOP, problem, expected, "correct the settings of the deconvolution"))


def search_lags(step_s: float, count: int, config: DeconvolutionConfig) -> np.ndarray:
    """Grid lags of the search window and one more at either end, for the parabola and the comparison of neighbors."""
    low = max(int(np.ceil(config.window_low_s / step_s - 1e-9)), -count)
    high = min(int(np.floor(config.window_high_s / step_s + 1e-9)), count - 1)
    return np.arange(low - 1, high + 2)


def thresholds_of(config: DeconvolutionConfig) -> tuple[float, ...]:
    """Thresholds that are tried: one, but for oSVD."""
    if config.method == "oSVD":
        return OSVD_THRESHOLDS
    return (config.tikhonov_lambda if config.method == "Tikhonov" else config.threshold,)


def residue_matrix(aif: np.ndarray, step_s: float, lags: np.ndarray, method: str, threshold: float) -> np.ndarray:
    """(lags, n) matrix that takes a curve on the grid to its residue in 1/s.

    Args:
        aif: (n,) artery on the grid.
        lags: grid lags wanted; modulo L for the circulant methods.
        threshold: relative to the largest singular value; lambda for Tikhonov.
    """
    count = len(aif)
    if method == "sSVD":
        u, w, vt = _toeplitz_inverse(aif, step_s, threshold)
        inside = (lags >= 0) & (lags < count)
        matrix = np.zeros((len(lags), count))
        matrix[inside] = (vt.T[lags[inside]] * w) @ u.T
        return matrix
    spectrum, weight = _spectrum(aif, step_s, method, threshold)
    inverse = np.where(weight > 0, weight / np.where(weight > 0, spectrum, 1), 0)
    return _circulant_rows(np.fft.irfft(inverse, 2 * count), lags, count)


def model_matrix(aif: np.ndarray, step_s: float, method: str, threshold: float) -> np.ndarray:
    """(n, n) matrix that takes a curve on the grid to `k * Ca`, what the deconvolution explains of it."""
    count = len(aif)
    if method == "sSVD":
        u, w, _ = _toeplitz_inverse(aif, step_s, threshold)
        kept = u[:, w > 0]
        return kept @ kept.T
    _, weight = _spectrum(aif, step_s, method, threshold)
    return _circulant_rows(np.fft.irfft(weight, 2 * count), np.arange(count), count)


def oscillation_index(residues: np.ndarray) -> np.ndarray:
    """(b,) oscillation of (L, b) residues: mean magnitude of the second difference over the maximum; inf without a maximum."""
    peak = residues.max(axis=0)
    bends = residues[2:] - residues[1:-1]
    bends -= residues[1:-1]
    bends += residues[:-2]
    total = np.abs(bends, out=bends).sum(axis=0)
    positive = peak > 0
    return np.where(positive, total / (len(residues) * np.where(positive, peak, 1)), np.inf)


def _spectrum(aif: np.ndarray, step_s: float, method: str, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Half spectrum of the padded artery and the share of every frequency that is kept."""
    spectrum = step_s * np.fft.rfft(aif, 2 * len(aif))
    magnitude = np.abs(spectrum)
    limit = threshold * magnitude.max()
    if method == "Tikhonov":
        return spectrum, magnitude**2 / (magnitude**2 + limit**2)
    return spectrum, (magnitude >= limit).astype(float)


def _circulant_rows(first_column: np.ndarray, lags: np.ndarray, count: int) -> np.ndarray:
    return first_column[(lags[:, None] - np.arange(count)) % len(first_column)]


def _toeplitz_inverse(aif: np.ndarray, step_s: float, threshold: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """U, filtered 1/s and V^T of the lower triangular matrix of the artery."""
    order = np.arange(len(aif))
    lag = order[:, None] - order
    u, s, vt = np.linalg.svd(np.where(lag >= 0, step_s * aif[lag], 0))
    kept = s >= threshold * s[0]
    return u, np.where(kept, 1 / np.where(kept, s, 1), 0), vt
