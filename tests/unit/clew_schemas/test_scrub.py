"""Credentials are blanked wherever they hide."""

from __future__ import annotations

import json

import pytest

from clew_schemas.scrub import has_secret, scrub


@pytest.mark.parametrize(
    "text",
    [
        "postgres://ada:hunter2@db/shop",
        "see mysql+pymysql://ada:hunter2@db:3306/shop?x=1",
        "https://api.example/x?api_key=hunter2&y=1",
        json.dumps({"db_password": "hunter2"}),
        json.dumps({"AccessToken": "hunter2", "n": 1}),
        json.dumps({"nested": {"secret": 'hunt"er2 hunter2'}}),
        "jdbc:redshift://h:5439/db?user=a&password=hunter2",
    ],
)
def test_secrets_are_blanked(text: str) -> None:
    assert "hunter2" not in scrub(text)
    assert has_secret(text)


@pytest.mark.parametrize(
    "text", ["postgres://db:5432/shop", "the password is kept elsewhere", '{"tokens": 5}', "a:b@c"]
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert scrub(text) == text


def test_scrubbed_json_is_json() -> None:
    said = {"password": 'x"y', "url": "http://u:p@h", "ok": [1, 2]}
    assert json.loads(scrub(json.dumps(said)))["ok"] == [1, 2]
