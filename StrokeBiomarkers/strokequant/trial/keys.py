"""Keys of readers and of the study manager, and signatures with them.

Ed25519 of `cryptography`. A private key is a PKCS #8 file that only its owner's passphrase opens; the public key stands in the register.
The passphrase is asked for at every signature and is kept nowhere.
"""

import base64
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Issue, Level, TrialError
from ..record.files import write_bytes
from .trial_config import TrialConfig

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_ENDING = ".key.pem"


def make_key(folder: Path, owner: str, passphrase: str, *, config: TrialConfig = TrialConfig()) -> str:
    """Make a key, and its file `OWNER.key.pem`, that only the passphrase opens.

    Args:
        folder: of the owner, outside of the trial folder.
        owner: register id.
        passphrase: that opens it.

    Returns:
        The public key as PEM, for the register.

    Raises:
        TrialError: W27, the passphrase is too short, or there is a key already, which is never replaced.
        RecordError: O01, it cannot be written.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    path = folder / f"{owner}{KEY_ENDING}"
    if len(passphrase) < config.passphrase_characters:
        found = f"a passphrase of {len(passphrase)} characters"
        raise _refused(found, f"{config.passphrase_characters} or more", "choose a longer one", owner)
    if path.exists():
        raise _refused(
            f"{path.name} is there already", "no key of this owner", "keep it; a lost key is a new id", owner
        )
    key = Ed25519PrivateKey.generate()
    encryption = serialization.BestAvailableEncryption(passphrase.encode("utf-8"))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    write_bytes(path, key.private_bytes(*form))
    os.chmod(path, 0o600)
    return public_key_of(key)


def unlock(path: Path, passphrase: str) -> "Ed25519PrivateKey":
    """A private key.

    Raises:
        TrialError: W27, there is no such key, the passphrase does not open it, or it is of another kind.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(path.read_bytes(), passphrase.encode("utf-8") or None)
    except OSError as error:
        found = f"{path.name}: {error.strerror or type(error).__name__}"
        raise _refused(found, "the key file of the reader", "choose your key file", path.name) from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        found = "the passphrase does not open the key"
        raise _refused(found, "the passphrase of the key", "type it again", path.name) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _refused("a key of another kind", "an Ed25519 key", "choose your key file", path.name)
    return key


def public_key_of(key: "Ed25519PrivateKey") -> str:
    """The public half, as PEM."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def require_public_key(text: str, subject: str) -> str:
    """The text of a public key, if it is one in the form in which `make_key` gives it.

    Raises:
        TrialError: W27, it is none.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

    try:
        key = load_pem_public_key(text.encode("utf-8"))
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise _refused("no public key", "an Ed25519 key as PEM", "name the file that 'trial key' has written", subject)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def sign(data: bytes, key: Path, passphrase: str) -> str:
    """Detached signature of bytes, in base64.

    Raises:
        TrialError: W27, as of `unlock`.
    """
    return signature_of(data, unlock(key, passphrase))


def signature_of(data: bytes, key: "Ed25519PrivateKey") -> str:
    """Detached signature of bytes with an open key, in base64."""
    return base64.b64encode(key.sign(data)).decode("ascii")


def verify_signature(data: bytes, signature: str, public_key: str) -> str:
    """Why a signature does not hold, in plain words; empty where it holds.

    Args:
        data: that was signed.
        signature: base64.
        public_key: PEM.
    """
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(public_key.encode("ascii"))
        raw = base64.b64decode(signature, validate=True)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return "the public key or the signature cannot be read"
    if not isinstance(key, Ed25519PublicKey) or base64.b64encode(raw).decode("ascii") != signature:
        return "the public key or the signature is not in the form in which it was written"
    try:
        key.verify(raw, data)
    except InvalidSignature:
        return "the signature is not one of these bytes with this key"
    return ""


def _refused(found: str, expected: str, remedy: str, subject: str) -> TrialError:
    return TrialError(Issue("W27", Level.STOP, found, expected, remedy, subject))
