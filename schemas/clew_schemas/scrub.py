"""Credentials never pass a door: they are blanked before anything is stored, logged or said back."""

from __future__ import annotations

import re

BLANK = "***"

_URL_PASSWORD = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://[^/\s:@\"'\\]*):[^/\s@\"'\\]+@")
_NAMED = r"(?:password|passwd|pwd|secret|secret_?key|api_?key|access_?key|private_?key|access_?token|auth_?token|token)"
_QUERY_SECRET = re.compile(rf"([?&;]{_NAMED}=)[^&;\s\"'\\]+", re.IGNORECASE)
_MEMBER_SECRET = re.compile(rf'("[A-Za-z0-9_.-]*{_NAMED}"\s*:\s*)"(?:[^"\\]|\\.)*"', re.IGNORECASE)
_STEMS = tuple("password passwd pwd secret apikey api_key accesskey access_key privatekey private_key token".split())


def scrub(text: str) -> str:
    """Return `text` (prose, a URL, or JSON) with passwords in URLs and values of secret-sounding names blanked."""
    if not _is_suspect(text):
        return text
    text = _URL_PASSWORD.sub(rf"\1:{BLANK}@", text)
    text = _QUERY_SECRET.sub(rf"\1{BLANK}", text)
    return _MEMBER_SECRET.sub(rf'\1"{BLANK}"', text)


def _is_suspect(text: str) -> bool:
    """Say whether the patterns are worth trying: a few plain searches cost a fraction of one that folds case."""
    folded = text.lower()
    return any(stem in folded for stem in ("://", *_STEMS))


def has_secret(text: str) -> bool:
    """Say whether `scrub` would blank something."""
    return scrub(text) != text
