"""Path templates of google.api.http: what they match, and what their variables hold.

The grammar is that of google/api/http.proto. A template without a verb matches colons too, since ids
hold them (``bkp:0193...``); templates with a verb are tried first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote


class TemplateError(ValueError):
    """A path template that does not follow the grammar."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a template.

    Attributes:
        field: path of the request's field, in .proto names.
        multiple: whether it can hold several segments, and so keeps an encoded slash encoded.
    """

    field: str
    multiple: bool


_TOKEN = re.compile(r"\{([^{}=]+)(?:=([^{}]+))?\}|\*\*|\*|/|:|[^{}*/:]+")


class Template:
    """One path template.

    Attributes:
        text: the template as written.
        variables: its variables in order.
        order: sorts more specific templates first.
    """

    def __init__(self, text: str) -> None:
        """Parse a template.

        Raises:
            TemplateError: the text does not follow the grammar.
        """
        self.text = text
        if not text.startswith("/"):
            raise TemplateError(
                f"the path template {text!r} does not start with a slash"
            )
        body, verb = _split_verb(text)
        variables: list[Variable] = []
        pattern: list[str] = []
        order: list[int] = []
        position = 0
        while position < len(body):
            token = _TOKEN.match(body, position)
            if token is None:
                raise TemplateError(
                    f"the path template {text!r} is malformed at {position}"
                )
            position = token.end()
            if token[1] is not None:
                segments = token[2] or "*"
                variables.append(
                    Variable(token[1].strip(), "/" in segments or "**" in segments)
                )
                pattern.append(f"({_pattern(segments)})")
                order.append(_rank(segments))
            else:
                pattern.append(_pattern(token[0]))
                if token[0] != "/":
                    order.append(_rank(token[0]))
        self.variables = tuple(variables)
        self.order = (not verb, tuple(order), -len(order))
        self._pattern = re.compile(
            "".join(pattern) + (re.escape(f":{verb}") if verb else "")
        )

    def match(self, path: str) -> dict[str, str] | None:
        """Decoded values by field path, or None where the path is not of this form.

        Args:
            path: the path as it was sent, still percent-encoded.
        """
        found = self._pattern.fullmatch(path)
        if found is None:
            return None
        return {
            variable.field: _decoded(value, multiple=variable.multiple)
            for variable, value in zip(self.variables, found.groups(), strict=True)
        }


def _split_verb(text: str) -> tuple[str, str]:
    outside = re.sub(r"\{[^{}]*\}", lambda found: "x" * len(found[0]), text)
    colon = outside.rfind(":")
    if colon < 0 or "/" in outside[colon:]:
        return text, ""
    return text[:colon], text[colon + 1 :]


def _pattern(segments: str) -> str:
    parts = re.split(r"(\*\*|\*)", segments)
    return "".join(
        ".*" if part == "**" else "[^/]+" if part == "*" else re.escape(part)
        for part in parts
    )


def _rank(segments: str) -> int:
    return 2 if "**" in segments else 1 if "*" in segments else 0


def _decoded(value: str, *, multiple: bool) -> str:
    if not multiple:
        return unquote(value)
    # A slash that was encoded is no separator, and must stay different from one.
    return "".join(
        part if index % 2 else unquote(part)
        for index, part in enumerate(re.split("(%2[fF])", value))
    )
