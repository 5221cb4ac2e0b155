"""ACR-like CT phantom of the library, by keywords."""

from strokequant.synthetic.phantom_ct import INSERTS, CtScan
from strokequant.synthetic.phantom_ct import acr_ct as _acr_ct

__all__ = ["INSERTS", "acr_ct"]


def acr_ct(**scan):
    """Volume in HU of a `CtScan` with these fields."""
    return _acr_ct(CtScan(**scan))
