"""Routers whose routes are whole as they are written.

What an app adds to the routes that it includes makes FastAPI take each of them apart a second time, when the first
request comes. So what all routes share is said here, and the app takes them as they are.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from clew.api.replies import Json

_PROBLEM: dict[str, Any] = {
    "description": "What is wrong, where, and what to do about it",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["error"],
                "properties": {
                    "error": {
                        "type": "object",
                        "required": ["code", "what"],
                        "properties": {name: {"type": "string"} for name in ("code", "what", "where", "hint")},
                    }
                },
            }
        }
    },
}


def router(tag: str, prefix: str = "/v1") -> APIRouter:
    """Return a router: its routes answer in our JSON, are called as their functions, and tell problems in one shape."""
    return APIRouter(
        prefix=prefix,
        tags=[tag],
        default_response_class=Json,
        generate_unique_id_function=lambda route: route.name,
        responses={"4XX": _PROBLEM, "5XX": _PROBLEM},
    )
