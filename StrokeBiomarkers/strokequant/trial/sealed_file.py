"""A file that only a passphrase opens: AES-256-GCM with a key that scrypt (RFC 7914) makes of the passphrase."""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import Issue, Level, StrokeQuantError, TrialError
from ..record.files import write_bytes
from ..sop.canonical import canonical_bytes
from .trial_config import TrialConfig

_LARGEST_N = 1 << 20
"""Cost beyond which a file is none of ours but a trap."""


def write_sealed(path: Path, plain: bytes, passphrase: str, *, form: str, config: TrialConfig = TrialConfig()) -> None:
    """Write a file that the passphrase opens.

    Args:
        path: of the file.
        plain: its content.
        passphrase: that opens it.
        form: name and version of the format.
        config: cost of the key.

    Raises:
        TrialError: W27, the passphrase is too short.
        RecordError: O01, it cannot be written; the file that was there is untouched.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(passphrase) < config.passphrase_characters:
        found, expected = f"a passphrase of {len(passphrase)} characters", f"{config.passphrase_characters} or more"
        raise TrialError(Issue("W27", Level.STOP, found, expected, "choose a longer one", path.name))
    header = {
        "format": form,
        "kdf": {"name": "scrypt", "n": config.scrypt_n, "r": config.scrypt_r, "p": config.scrypt_p},
        "salt": _text(secrets.token_bytes(16)),
        "nonce": _text(secrets.token_bytes(12)),
    }
    sealed = AESGCM(_key(passphrase, header)).encrypt(_raw(header, "nonce"), plain, canonical_bytes(header))
    write_bytes(path, canonical_bytes({**header, "data": _text(sealed)}))


def read_sealed(path: Path, passphrase: str, *, form: str) -> bytes:
    """Content of a sealed file.

    Raises:
        TrialError: W27, the passphrase does not open it, or somebody has changed it; W29, it is no such file.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        header = json.loads(path.read_bytes())
        sealed = base64.b64decode(header.pop("data"), validate=True)
        if header["format"] != form or header["kdf"]["n"] > _LARGEST_N:
            raise ValueError(form)
        return AESGCM(_key(passphrase, header)).decrypt(_raw(header, "nonce"), sealed, canonical_bytes(header))
    except InvalidTag as error:
        found = "the passphrase does not open it, or it was changed"
        raise TrialError(
            Issue("W27", Level.STOP, found, "the file and its passphrase", "type it again", path.name)
        ) from error
    except (OSError, ValueError, KeyError, TypeError, RecursionError, StrokeQuantError) as error:
        found, remedy = f"{path.name}: {type(error).__name__}", "name the file of the study manager"
        raise TrialError(Issue("W29", Level.STOP, found, form, remedy, path.name)) from error


def _key(passphrase: str, header: Mapping[str, Any]) -> bytes:
    cost = {name: header["kdf"][name] for name in ("n", "r", "p")}
    memory = 256 * cost["n"] * cost["r"]
    return hashlib.scrypt(passphrase.encode("utf-8"), salt=_raw(header, "salt"), dklen=32, maxmem=memory, **cost)


def _raw(header: Mapping[str, Any], name: str) -> bytes:
    return base64.b64decode(header[name], validate=True)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
