"""What things are called that a script speaks of: URNs in the namespace of its project."""

from __future__ import annotations

import re
from dataclasses import dataclass

from clew_schemas.urn import of_segments

MAX_NAME = 400
"""Longest name in characters; a longer one is cut there."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NOT_IN_SOURCE = re.compile(r"[^A-Za-z0-9 ._:/@+#-]")


def plain(name: object) -> str:
    """Return a name that a URN can hold: on one line, without control characters, not empty, not endless."""
    text = str(name).encode("utf-8", "replace").decode()
    return _CONTROL.sub("", " ".join(text.split()))[:MAX_NAME] or "unnamed"


def source_of(project: str) -> str:
    """Return the source for which a project's clients write."""
    return f"sdk:{_NOT_IN_SOURCE.sub('_', plain(project))}"[:200]


def tag_urn(tag: object) -> str:
    """Return the URN of a tag; tags are shared by the whole house."""
    return of_segments("tag", "clew", plain(tag))


@dataclass(frozen=True, slots=True)
class Names:
    """The URNs of one namespace. Names are single segments: a dot in one separates nothing.

    >>> names = Names("sdk://nyc")
    >>> names.run("train-delays.1")
    'urn:clew:run:(sdk://nyc,train-delays%2E1)'
    >>> names.model_version("delays", "3")
    'urn:clew:model_version:(sdk://nyc,delays.3)'
    """

    namespace: str

    def experiment(self, name: str) -> str:
        return of_segments("experiment", self.namespace, plain(name))

    def job(self, name: str) -> str:
        return of_segments("job", self.namespace, plain(name))

    def run(self, run_id: str) -> str:
        return of_segments("run", self.namespace, plain(run_id))

    def dataset(self, name: str, digest: str) -> str:
        return of_segments("dataset", self.namespace, plain(name), digest)

    def model(self, model: str) -> str:
        return of_segments("model", self.namespace, plain(model))

    def model_version(self, model: str, version: str) -> str:
        return of_segments("model_version", self.namespace, plain(model), plain(version))

    def feature_set(self, model: str, version: str) -> str:
        return of_segments("feature_set", self.namespace, plain(model), plain(version), "features")

    def feature(self, model: str, version: str, feature: str) -> str:
        return of_segments("feature", self.namespace, plain(model), plain(version), plain(feature))

    def deployment(self, model: str, alias: str) -> str:
        return of_segments("deployment", self.namespace, plain(model), plain(alias))

    def endpoint(self, name: str) -> str:
        return of_segments("endpoint", self.namespace, plain(name))
