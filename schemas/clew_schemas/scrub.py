"""Credentials never pass a door: they are blanked before anything is stored, logged or said back."""

from __future__ import annotations

import re

BLANK = "***"

# It begins at the slashes: one that looked for a scheme before them would take time by the square of a long word.
_URL_PASSWORD = re.compile(r"(://[^/\s:@\"'\\]*):[^/\s@\"'\\]+@")
_BLANK_PASSWORD = rf"\1:{BLANK}@"
_NAMED = r"(?:password|passwd|pwd|secret|secret_?key|api_?key|access_?key|private_?key|access_?token|auth_?token|token)"
_QUERY_SECRET = re.compile(rf"([?&;]{_NAMED}=)[^&;\s\"'\\]+", re.IGNORECASE)
_MEMBER_SECRET = re.compile(rf'("[A-Za-z0-9_.-]*{_NAMED}"\s*:\s*)"(?:[^"\\]|\\.)*"', re.IGNORECASE)
_STEMS = ("passw", "pwd", "secret", "token")
_KEYS = ("apikey", "api_key", "accesskey", "access_key", "privatekey", "private_key")


def scrub(text: str) -> str:
    """Return `text` (prose, a URL, or JSON) with passwords in URLs and values of secret-sounding names blanked."""
    has_url = "://" in text
    if has_url and "@" in text:
        text = _URL_PASSWORD.sub(_BLANK_PASSWORD, text)
    folded = text.lower()
    if _may_name_one(folded) or (has_url and not text.isascii()):
        named = _MEMBER_SECRET.sub(rf'\1"{BLANK}"', _QUERY_SECRET.sub(rf"\1{BLANK}", text))
        if named != text:  # a slash that is gone may have kept a password from being seen
            text = _URL_PASSWORD.sub(_BLANK_PASSWORD, named)
    return text


def _may_name_one(folded: str) -> bool:
    """Say whether a name of a secret may be in it: plain searches cost a fraction of a pattern that folds case."""
    for stem in _STEMS:
        if stem in folded:
            return True
    return "key" in folded and any(each in folded for each in _KEYS)


def has_secret(text: str) -> bool:
    """Say whether `scrub` would blank something."""
    return scrub(text) != text
