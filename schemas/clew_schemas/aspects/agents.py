"""What language models work with: prompts, tools, agents, applications, embeddings and indexes of vectors."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from clew_schemas.aspects.base import AspectModel, Text, UrnText, annotated


def _uses(path: str) -> list[dict[str, str]]:
    """Return the edges of a member that names what flows in."""
    return [{"type": "flow", "from": path, "at": "any"}, {"type": "dataset_flow", "from": path}]


class Prompt(AspectModel):
    """A prompt as its author wrote it, with the variables that callers fill in."""

    model_config = annotated(
        "prompt",
        mode="state",
        kinds=["prompt"],
        resolution={"rule": "precedence"},
        search=[{"path": "template", "field": "prose"}],
    )

    template: Text
    variables: list[Text] | None = None
    version: str | None = None
    language: str | None = None


class Tool(AspectModel):
    """Something that an agent may call, and what it reads when called."""

    model_config = annotated(
        "tool", mode="state", kinds=["tool"], resolution={"rule": "precedence"}, edges=_uses("reads[]")
    )

    protocol: str | None = Field(default=None, description="mcp, function, http, …")
    server: str | None = None
    input_schema: dict[str, Any] | None = None
    reads: list[UrnText] | None = None
    writes: list[UrnText] | None = None


class Agent(AspectModel):
    """A program that decides with a model which tools to call."""

    model_config = annotated(
        "agent", mode="state", kinds=["agent"], resolution={"rule": "precedence"}, edges=_uses("uses[]")
    )

    uses: list[UrnText] = Field(description="Models, prompts, tools, indexes and datasets that it works with")
    instructions: str | None = None
    framework: str | None = None
    version: str | None = None


class LlmApp(AspectModel):
    """An application around language models: what it is put together from."""

    model_config = annotated(
        "llm_app", mode="state", kinds=["llm_app"], resolution={"rule": "precedence"}, edges=_uses("uses[]")
    )

    uses: list[UrnText]
    url: str | None = None
    version: str | None = None


class EmbeddingModel(AspectModel):
    """A model that turns text or things into vectors."""

    model_config = annotated(
        "embedding_model", mode="state", kinds=["embedding_model"], resolution={"rule": "precedence"}
    )

    provider: str | None = None
    model: str | None = None
    dimensions: int | None = Field(default=None, ge=1)
    version: str | None = None


class VectorIndex(AspectModel):
    """An index of vectors: of which data, by which embedding model, cut how, compared how."""

    model_config = annotated(
        "vector_index",
        mode="state",
        kinds=["vector_index"],
        resolution={"rule": "precedence"},
        edges=[*_uses("sources[]"), *_uses("embedding")],
    )

    sources: list[UrnText] | None = None
    embedding: UrnText | None = None
    dimensions: int | None = Field(default=None, ge=1)
    distance: str | None = Field(default=None, description="cosine, dot, l2, …")
    chunking: str | None = None
    vectors: int | None = Field(default=None, ge=0)
