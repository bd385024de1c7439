"""What a search index can do: a port, and engines behind it."""

from __future__ import annotations

from pathlib import Path

from clew.search.port import Condition, Document, Hit, Position, Search, SearchChange, SearchQuery, SearchResult
from clew_schemas.errors import BadInput
from clew_schemas.scrub import scrub

__all__ = [
    "Condition",
    "Document",
    "Hit",
    "Position",
    "Search",
    "SearchChange",
    "SearchQuery",
    "SearchResult",
    "join_search",
    "open_search",
]


def open_search(url: str | None, folder: Path) -> Search:
    """Open the index that `url` names; None is the embedded tantivy index in `folder`."""
    if url is None:
        from clew.search.tantivy_index import TantivyIndex

        return TantivyIndex.open(folder)
    if url.startswith(("http://", "https://")):
        from clew.search.opensearch_index import OpenSearchIndex

        return OpenSearchIndex.open(url)
    raise BadInput(
        f"no search engine for {scrub(url)!r}", where="CLEW_SEARCH", hint="http://…, or unset for the embedded one"
    )


def join_search(folder: Path) -> Search:
    """Write the embedded index in `folder`, which another process has opened and checked, and reads."""
    from clew.search.tantivy_index import TantivyIndex

    return TantivyIndex.join(folder)
