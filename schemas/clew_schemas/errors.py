"""The error tree of Clew: one base, then who must act.

ClewError
├── CallerError            the caller's fault: mend the input and call again          exit 2, HTTP 400
│   ├── BadInput           malformed or refused content
│   │   └── TooLarge       over a stated limit                                        exit 2, HTTP 413
│   ├── Unauthenticated    nobody, as far as this door can tell                       exit 1, HTTP 401
│   ├── Forbidden          not allowed to this principal                              exit 1, HTTP 403
│   ├── Conflict           a precondition does not hold any more                      exit 1, HTTP 409
│   ├── NotFound           nothing of that name                                       exit 4, HTTP 404
│   └── Ambiguous          a short name with several candidates                       exit 4, HTTP 409
├── WorldError             the world's fault: may be tried again                      exit 5, HTTP 503
│   ├── Unreachable        a server or file that can't be opened
│   ├── Locked             somebody else holds it
│   └── Stale              the view has not reached the wanted position               exit 3, HTTP 503
└── OurError               our fault: a bug or a damaged store                        exit 1, HTTP 500
    └── Damaged            stored bytes do not read back as they were written
"""

from __future__ import annotations

from typing import Any


class ClewError(Exception):
    """Says what is wrong, where, and what to do about it.

    `what` is a full sentence without a trailing dot, `where` names the place (a JSON path, a file, a URN),
    `hint` says what the reader can do. `details` holds further fields for machines, such as candidates.
    """

    code = "error"
    exit_code = 1
    http_status = 500

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None, **details: Any) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint
        self.details = details

    def __str__(self) -> str:
        place = f" (at {self.where})" if self.where else ""
        hint = f". {self.hint}" if self.hint else ""
        return f"{self.what}{place}{hint}"

    def to_dict(self) -> dict[str, Any]:
        """Return the error as it goes over the wire: `code`, `what`, and `where`, `hint`, details if any."""
        said = {"code": self.code, "what": self.what, "where": self.where, "hint": self.hint, **self.details}
        return {key: value for key, value in said.items() if value is not None}


class CallerError(ClewError):
    code = "caller"
    exit_code = 2
    http_status = 400


class BadInput(CallerError):
    code = "bad_input"


class TooLarge(BadInput):
    code = "too_large"
    http_status = 413


class Unauthenticated(CallerError):
    code = "unauthenticated"
    exit_code = 1
    http_status = 401


class Forbidden(CallerError):
    code = "forbidden"
    exit_code = 1
    http_status = 403


class Conflict(CallerError):
    code = "conflict"
    exit_code = 1
    http_status = 409


class NotFound(CallerError):
    code = "not_found"
    exit_code = 4
    http_status = 404


class Ambiguous(CallerError):
    code = "ambiguous"
    exit_code = 4
    http_status = 409


class WorldError(ClewError):
    code = "world"
    exit_code = 5
    http_status = 503


class Unreachable(WorldError):
    code = "unreachable"


class Locked(WorldError):
    code = "locked"


class Stale(WorldError):
    code = "stale"
    exit_code = 3


class OurError(ClewError):
    code = "internal"


class Damaged(OurError):
    code = "damaged"
