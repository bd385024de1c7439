"""Owners are written in many shapes and come out in one."""

from typing import Any

import pytest

from clew_connectors.people import Person, merged, owners

ADA = Person("ada@x.example", "Ada Marsh", "ada@x.example")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ({"name": "Ada Marsh", "email": "ada@x.example", "slack": "#ada"}, [ADA]),
        ("Ada Marsh <ada@x.example>", [ADA]),
        ("ada@x.example", [Person("ada@x.example", None, "ada@x.example")]),
        ({"email": "ada@x.example"}, [Person("ada@x.example", None, "ada@x.example")]),
        ("Ada Marsh", [Person("Ada Marsh", "Ada Marsh", None)]),
        ({"name": "Ada Marsh"}, [Person("Ada Marsh", "Ada Marsh", None)]),
        ({"name": "Ada Marsh", "email": None}, [Person("Ada Marsh", "Ada Marsh", None)]),
        ({"name": "Team", "email": ["a@x", "b@x"]}, [Person("a@x", "Team", "a@x"), Person("b@x", "Team", "b@x")]),
        (["Ada Marsh", {"email": "b@x"}], [Person("Ada Marsh", "Ada Marsh", None), Person("b@x", None, "b@x")]),
        ({"name": "ada@x.example"}, [Person("ada@x.example", None, "ada@x.example")]),
        (None, []),
        ("  ", []),
        ({}, []),
        (7, []),
    ],
)
def test_each_shape_is_understood(said: Any, meant: list[Person]) -> None:
    assert list(owners(said)) == meant


def test_one_person_mentioned_twice_is_one_with_all_that_was_said() -> None:
    bare = Person("ada@x.example", None, "ada@x.example")
    bob = Person("Bob", "Bob", None)
    assert merged([bob, bare, ADA, bare]) == [bob, ADA]
