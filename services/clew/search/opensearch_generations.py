"""The indexes of one house on an OpenSearch server: numbered generations side by side, and an alias on one of them.

clew-<name>            the alias: the generation in force
clew-<name>-3          a generation
clew-<name>-3-writes   its alias for writers: what is written through an alias never makes an index that is gone anew
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from opensearchpy import OpenSearch
from opensearchpy.exceptions import NotFoundError, RequestError

from clew.search import opensearch_store as store
from clew_schemas.errors import BadInput, Damaged, OurError

_ROUNDS = 20


class Generations:
    """The generations of one name. All that changes them is atomic on the server; any process may do it."""

    def __init__(self, client: OpenSearch, name: str, where: str) -> None:
        self.alias = f"clew-{name}"
        self._client = client
        self._where = where
        self._name = re.compile(rf"{re.escape(self.alias)}-([0-9]+)")

    def index(self, number: int) -> str:
        """Return the index of a generation."""
        return f"{self.alias}-{number}"

    def door(self, index: str) -> str:
        """Return the name by which an index is written: it is there only as long as the index is."""
        return f"{index}-writes"

    def current(self) -> int | None:
        """Return the generation in force, or None when there is none.

        Raises Damaged for one of an older format, BadInput when a newer Clew wrote it or the template.
        """
        for found in self._template_formats():
            self._refuse_newer(found)
        in_force = [number for number, holds in self._all().items() if holds]
        if len(in_force) > 1:
            names = ", ".join(map(self.index, in_force))
            raise Damaged(f"the alias {self.alias} stands for {names}", where=self._where, hint="Leave it to one")
        if not in_force:
            return None
        index = self.index(in_force[0])
        mapping = self._client.indices.get_mapping(index=index)[index]["mappings"]
        form = store.format_of(mapping.get("_meta"))
        self._refuse_newer(form)
        if form < store.FORMAT:
            raise Damaged(f"the search index has the older format {form}", where=self._where)
        return in_force[0]

    def begin(self, *, in_force: bool = False) -> int:
        """Make an empty generation, numbered above all there are, and return its number.

        With `in_force`, and when none is so yet, it is from its first moment; if another process comes first with
        this, the number of what that made is returned.
        """
        self._client.indices.put_index_template(name=self.alias, body=store.template(f"{self.alias}-*"))
        for _ in range(_ROUNDS):
            standing = self._all()
            if in_force and any(standing.values()):
                return next(number for number, holds in standing.items() if holds)
            number = max(standing, default=0) + 1
            if self._create(number, in_force):
                return number
        raise OurError(f"no number is free for an index of {self.alias}", where=self._where, hint="Try again")

    def put_in_force(self, number: int) -> None:
        """Flip the alias to this generation and delete what held it, and all older ones, in one step.

        Raises NotFound of the driver when this generation is gone, as a newer rebuild drops those before it.
        """
        for _ in range(_ROUNDS):
            others = {each: holds for each, holds in self._all().items() if each != number}
            drop = [each for each, holds in others.items() if holds or each < number]
            actions = [{"add": {"index": self.index(number), "alias": self.alias}}]
            actions += [{"remove_index": {"index": self.index(each)}} for each in drop]
            try:
                self._client.indices.update_aliases(body={"actions": actions})
                return
            except NotFoundError:
                if number not in self._all():
                    raise
        raise OurError(f"the indexes of {self.alias} change all the time", where=self._where, hint="Try again")

    def keep_only(self, *numbers: int) -> None:
        """Drop all other generations but the one in force."""
        for number, holds in self._all().items():
            if not holds and number not in numbers:
                self._client.indices.delete(index=self.index(number), params={"ignore_unavailable": "true"})

    def _create(self, number: int, in_force: bool) -> bool:
        index = self.index(number)
        names = [self.door(index), *([self.alias] if in_force else [])]
        try:
            self._client.indices.create(index=index, body={"aliases": {name: {} for name in names}})
        except RequestError as error:
            if error.error != "resource_already_exists_exception":
                raise
            return False
        return True

    def _all(self) -> dict[int, bool]:
        """Return all generations, and whether the alias stands for each."""
        found = self._client.indices.get_alias(index=f"{self.alias}-*")
        matches = ((self._name.fullmatch(index), said["aliases"]) for index, said in found.items())
        return {int(match[1]): self.alias in aliases for match, aliases in matches if match}

    def _template_formats(self) -> Iterator[int]:
        found = self._client.indices.get_index_template(name=self.alias, params={"ignore": 404})
        for each in found.get("index_templates", ()):
            yield store.format_of(each["index_template"].get("_meta"))

    def _refuse_newer(self, form: int) -> None:
        if form > store.FORMAT:
            raise BadInput(
                f"the search index has format {form}, and this Clew reads {store.FORMAT}",
                where=self._where,
                hint="Start the newer Clew, or delete the indexes and the template: they are redrawn from the ledger",
            )
