"""What `clew_sql` raises.

SqlError                the caller's text cannot be read as one SQL statement; nothing else is ever raised
  SeveralStatements     it is a script
"""


class SqlError(Exception):
    """SQL that could not be read: says what, where (1-based line and column, 0 when unknown) and what to do."""

    def __init__(self, what: str, *, line: int = 0, column: int = 0, hint: str = "") -> None:
        where = f" at line {line}, column {column}" if line else ""
        super().__init__(f"{what}{where}" + (f" ({hint})" if hint else ""))
        self.what = what
        self.line = line
        self.column = column
        self.hint = hint


class SeveralStatements(SqlError):
    """A script, where one statement was expected."""
