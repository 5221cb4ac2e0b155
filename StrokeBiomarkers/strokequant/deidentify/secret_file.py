"""File of the secret of one subject: hexadecimal digits that only its owner may read."""

import os
import secrets
from pathlib import Path

from ..deidentify_config import DeidentifyConfig
from ..errors import Issue, Level, TrialError
from ..record.files import write_bytes


def secret_of(path: Path, config: DeidentifyConfig = DeidentifyConfig()) -> bytes:
    """The secret in a file; made where there is no file.

    Raises:
        TrialError: W44, the file holds something else.
        RecordError: O01, it cannot be written.
    """
    if not path.exists():
        secret = secrets.token_bytes(config.secret_bytes)
        write_bytes(path, f"{secret.hex()}\n".encode("ascii"))
        os.chmod(path, 0o600)
        return secret
    try:
        secret = bytes.fromhex(path.read_text("ascii"))
    except (OSError, ValueError):
        secret = b""
    if len(secret) < config.shortest_secret_bytes:
        found = "a file that holds no secret"
        expected = f"{config.shortest_secret_bytes} bytes or more as hexadecimal digits"
        raise TrialError(Issue("W44", Level.STOP, found, expected, "name a file that the program made", path.name))
    return secret
