"""The body of a routine that is given as a string: `AS $$ … $$`, `DO $$ … $$`, EXECUTE IMMEDIATE of a literal."""

import re
from typing import Final

from sqlglot import exp

from clew_sql.gaps import ROUTINE
from clew_sql.parse import Routine, body
from clew_sql.reading import Reading

OTHER_LANGUAGES: Final = frozenset("PYTHON JAVA JAVASCRIPT JS SCALA R PLPYTHON3U PLPYTHONU PLPERL C".split())
QUOTED: Final = re.compile(
    r"(?is)^\s*(?:immediate\s+)?(?:language\s+\w+\s+)?(?:\$(\w*)\$(.*)\$\1\$|'(.*)')\s*(?:language\s+\w+)?\s*$"
)


def body_of(tree: exp.Expr, reading: Reading) -> Routine | None:
    """The body to be read, None if the statement has none in a string."""
    if isinstance(tree, exp.Create):
        return _created(tree, reading)
    if isinstance(tree, exp.Command) and str(tree.this).upper() in ("DO", "EXECUTE", "EXEC"):
        text = tree.expression.name if isinstance(tree.expression, exp.Expr) else str(tree.expression or "")
        found = QUOTED.match(text)
        if found is not None:
            return body(
                found.group(2) or (found.group(3) or "").replace("''", "'"), str(tree.this).upper(), reading.parsed
            )
    return None


def _created(tree: exp.Create, reading: Reading) -> Routine | None:
    target = tree.this
    if not isinstance(target, exp.UserDefinedFunction | exp.StoredProcedure):
        return None
    kind = f"CREATE {tree.args.get('kind') or ''}".strip()
    properties = tree.args.get("properties")
    language = properties.find(exp.LanguageProperty) if properties is not None else None
    if language is not None and language.this.name.upper() in OTHER_LANGUAGES:
        return Routine(kind, [], [(ROUTINE, f"a body in {language.this.name}, which is not SQL")])
    written = tree.expression
    if written is None:
        return None
    strings = [written] if isinstance(written, STRINGS) else [e for e in written.expressions if isinstance(e, STRINGS)]
    if strings:
        return body(str(strings[0].this), kind, reading.parsed)
    inner = written.this if isinstance(written, exp.Return) else written
    if isinstance(inner, exp.Query):
        return Routine(kind, [inner], [])
    if isinstance(inner, exp.Block):
        return Routine(kind, list(inner.expressions), [])
    query = inner.find(exp.Query)
    return None if query is None else Routine(kind, [query], [])


STRINGS: Final = (exp.RawString, exp.Heredoc, exp.Literal)
