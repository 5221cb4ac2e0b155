"""Every number of the conduct of a trial that a charter does not set."""

from dataclasses import dataclass

from ..config import cited, design


@dataclass(frozen=True)
class TrialConfig:
    """Keys, pseudonyms and clocks."""

    passphrase_characters: int = cited(8, "1", "NIST SP 800-63B: shortest memorized secret", evidence="unconfirmed")
    pseudonym_bytes: int = design(8, "1", "64 random bits: no two items of any trial share a pseudonym")
    clock_tolerance_s: float = design(1.0, "s", "a clock that is behind the last entry by more than this is told")
    qualification_months: int = design(12, "mo", "a qualification expires after this; the charter may set another")
    repeat_share: float = design(0.1, "1", "reads of every reader that are read again; a charter may ask for more")
    repeat_least: int = design(20, "1", "fewest of them, all where there are fewer reads")
    repeat_days: int = design(14, "d", "from the signature to the repeat, so that the first read is forgotten")
    training_draws: int = design(5, "1", "draws of a training case until its proposal is right or wrong as planned")
    secret_bytes: int = design(32, "1", "256 random bits for each subject")
    scrypt_n: int = cited(32768, "1", "RFC 7914 and Percival 2009: interactive use", evidence="unconfirmed")
    scrypt_r: int = cited(8, "1", "RFC 7914", evidence="unconfirmed")
    scrypt_p: int = cited(1, "1", "RFC 7914", evidence="unconfirmed")
