"""What a search index can do: a port, and engines behind it."""

from __future__ import annotations

from pathlib import Path

from clew.search.port import Document, Hit, Position, Search, SearchChange, SearchQuery, SearchResult
from clew_schemas.errors import BadInput

__all__ = [
    "Document",
    "Hit",
    "Position",
    "Search",
    "SearchChange",
    "SearchQuery",
    "SearchResult",
    "open_search",
]


def open_search(url: str | None, folder: Path) -> Search:
    """Open the index that `url` names; None is the embedded tantivy index in `folder`."""
    if url is None:
        from clew.search.tantivy_index import TantivyIndex

        return TantivyIndex.open(folder)
    raise BadInput(f"no search engine for {url!r}", where="CLEW_SEARCH", hint="Leave it unset for the embedded index")
