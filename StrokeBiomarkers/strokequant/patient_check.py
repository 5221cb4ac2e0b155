"""Whether two time points are of one patient, told without an identity in the record.

A series carries a salted hash of the identity in its header (`Series.patient_key`), which stays in memory: all hashes of one salt can be
tried out against a list of names. A record holds a slow hash (scrypt, RFC 7914) of that hash instead, salted with the UID of one of its
own series. Who has the headers of a follow-up can ask whether it is of the same patient; two records alone cannot be linked, and a list
of names costs its maker some hundredths of a second a name, for every record anew.
"""

import hashlib
from collections.abc import Mapping, Sequence

from .types import Series

_COST = {"n": 2**14, "r": 8, "p": 1, "dklen": 16}


def patient_check(series: Sequence[Series]) -> dict[str, str] | None:
    """Salt and check of a record; None where its series name nobody, or several patients.

    Args:
        series: of one time point.
    """
    keys = {s.patient_key for s in series if s.patient_key}
    if len(keys) != 1:
        return None
    salt = min(s.series_uid for s in series if s.patient_key)
    return {"salt": salt, "check": _hash(keys.pop(), salt)}


def is_same_patient(check: Mapping[str, str] | None, patient_key: str) -> bool | None:
    """Whether a check is of this patient; None where one of both names nobody.

    Args:
        check: of `patient_check`, from a record.
        patient_key: of a series of the other time point.
    """
    if not check or not patient_key:
        return None
    return _hash(patient_key, check["salt"]) == check["check"]


def _hash(patient_key: str, salt: str) -> str:
    return hashlib.scrypt(patient_key.encode(), salt=salt.encode(), **_COST).hex()
