"""Descriptions cleaned: of free text, only words that tell what an image is stay.

What stays is what series are told apart by (`dicomio.words`), a short vocabulary, and numbers that carry their meaning: b values,
thicknesses, kilovolts. All else goes, whatever it is.
"""

import re
from collections.abc import Collection

from ..dicomio.words import PATTERNS, plain

_TOPICS = tuple(re.compile(pattern) for topic, pattern in PATTERNS.items() if topic not in ("mask",))
_NUMBERS = re.compile(r"\bb ?\d{1,4}\b|\b\d{1,2} ?mm\b|\b\d{2,3} ?kv\b|\bt[12] ?w?\b")
_GRADIENT = re.compile(
    r"^\s*b\s*=\s*\d{1,5}(\.\d+)?\s*(\(\s*-?\d(\.\d+)?(\s*,\s*-?\d(\.\d+)?){2}\s*\))?", re.IGNORECASE
)
_SEQUENCE = re.compile(
    r"^\*?(ep|fl|tfl|se|tse|tir|spc|re|fi|pc|ge|me|swi|tgse)[bdeft]?\d?[a-z]?\d?(_?b?\d{1,4}){0,2}(#\d{1,3})?[a-z]?$"
)
_LONGEST = 24
"""Characters of a known word: a longer match is more than one word, or something joined to it."""


def clean_text(text: str, vocabulary: Collection[str]) -> str:
    """What may stay of a free text; empty where nothing may."""
    toshiba = _GRADIENT.match(text)
    if toshiba:
        return toshiba.group().strip()
    if _SEQUENCE.match(text.strip().lower()):
        return text.strip()
    words = plain(text)
    spans = {
        match.span() for topic in (*_TOPICS, _NUMBERS) for match in topic.finditer(words) if _may_stay(match.group())
    }
    spans |= {match.span() for match in re.finditer(r"[a-z0-9+]+", words) if match.group() in vocabulary}
    kept = [any(low <= n < high for low, high in spans) for n in range(len(words))]
    return re.sub(r" +", " ", "".join(c if keep else " " for c, keep in zip(words, kept, strict=True))).strip()


def _may_stay(word: str) -> bool:
    return 0 < len(word) <= _LONGEST
