"""Files of the study manager with a detached signature beside them: charter, register, procedures.

`trial.json.sig` signs the bytes of `trial.json`. The public key stands in the charter itself, so a signature shows that nobody without the
manager's key changed a file; that the charter is the manager's is shown by its fingerprint, which is told outside of the folder.
"""

import hashlib
from pathlib import Path

from ..errors import Issue, Level, TrialError
from ..record.files import write_bytes
from .keys import signature_of, verify_signature

ENDING = ".sig"


def write_signed(path: Path, content: bytes, key) -> None:
    """Write a file, and its signature beside it.

    Args:
        path: of the file.
        content: of it.
        key: private key of the study manager, from `keys.unlock`.

    Raises:
        RecordError: O01, one cannot be written.
    """
    signature = signature_of(content, key)
    write_bytes(path, content)
    write_bytes(signature_path(path), f"{signature}\n".encode("ascii"))


def signature_path(path: Path) -> Path:
    """File of the signature of a file."""
    return path.with_name(path.name + ENDING)


def signature_problem(path: Path, public_key: str) -> str:
    """Why a file is not the one that was signed, in plain words; empty where it is."""
    try:
        content = path.read_bytes()
    except OSError as error:
        return f"{path.name} cannot be read: {error.strerror or type(error).__name__}"
    try:
        text = signature_path(path).read_bytes().decode("ascii")
    except OSError:
        return f"{path.name} is not signed"
    except ValueError:
        return f"{path.name}: the signature is not text"
    if not text.endswith("\n"):
        return f"{path.name}: the signature is not in the form in which it was written"
    why = verify_signature(content, text[:-1], public_key)
    return f"{path.name}: {why}" if why else ""


def require_signed(path: Path, public_key: str, code: str = "W28") -> None:
    """Refuse a file that the study manager did not sign as it is.

    Raises:
        TrialError: with this code.
    """
    why = signature_problem(path, public_key)
    if why:
        remedy = "restore the file that the study manager signed, or let the study manager sign this one"
        expected = "a file as the study manager signed it"
        raise TrialError(Issue(code, Level.STOP, why, expected, remedy, path.name))


def fingerprint(public_key: str) -> str:
    """Short name of a public key, to compare by eye."""
    digest = hashlib.sha256(public_key.encode("ascii", "replace")).hexdigest()[:32]
    return ":".join(digest[n : n + 4] for n in range(0, 32, 4))
