"""OpenAPI documents of several services as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

VERSION = "3.1.0"


def merged(documents: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One document with the paths, tags and schemas of all.

    Schemas are called by full protobuf names, so those of the same name are the same.
    """
    if len(documents) == 1:
        return documents[0]
    titles = [document["info"]["title"] for document in documents]
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    tags: list[Any] = []
    for document in documents:
        for path, item in document["paths"].items():
            paths.setdefault(path, {}).update(item)
        schemas.update(document["components"]["schemas"])
        tags.extend(document.get("tags", ()))
    return {
        "openapi": VERSION,
        "info": {"title": ", ".join(titles), "version": "0"},
        "tags": tags,
        "paths": paths,
        "components": {"schemas": schemas},
    }
