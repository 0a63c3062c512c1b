"""The options of a run, as one dataclass, and the parser of protoc's parameter string."""

from __future__ import annotations

import keyword
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from protoc_gen_pds.errors import GenerationError, did_you_mean

Output = Literal["models", "validators", "server", "client", "docs"]
ALL_OUTPUTS: tuple[Output, ...] = get_args(Output)


@dataclass(frozen=True, slots=True)
class Options:
    """What a caller can choose. Every field is an option of the same name.

    Attributes:
        package: name of the root package that is written; any depth (``acme.api``).
        strip_prefix: directory prefix of .proto files that is left out of Python package paths.
        emit: outputs to write; models bring the codec. Repeat the option for several.
        server: whether base classes of services are of coroutines, of plain methods for threads, or both.
        rules: a YAML file with validation rules to lay over those of the .proto files.
        field_behavior: whether validators check ``google.api.field_behavior`` (AIP-203).
        on_rule_error: whether a validation rule that does not compile stops the run or becomes a
            validator that raises.
        templates: directories searched for templates before ours; repeat the option to stack them.
        docs: the house format byte for byte, or the richer one.
        docs_file: write one document of this name for all files instead of one for each.
        init: whether directories between the root package and a file's package get an empty
            ``__init__.py`` or none (namespace packages).
    """

    package: str = "pds_api"
    strip_prefix: str = ""
    emit: tuple[Output, ...] = ()
    server: Literal["async", "sync", "both"] = "async"
    rules: str | None = None
    field_behavior: Literal["ignore", "enforce"] = "ignore"
    on_rule_error: Literal["fail", "raise"] = "fail"
    templates: tuple[str, ...] = ()
    docs: Literal["exact", "rich"] = "exact"
    docs_file: str | None = None
    init: Literal["empty", "none"] = "empty"

    def __post_init__(self) -> None:
        for part in self.package.split("."):
            if not part.isidentifier() or keyword.iskeyword(part):
                raise GenerationError(
                    f'option package: "{self.package}" is not a Python package name; use identifiers joined by dots'
                )
        if "\\" in self.strip_prefix:
            raise GenerationError(f'option strip_prefix: "{self.strip_prefix}" must have "/" between directories')
        object.__setattr__(self, "strip_prefix", self.strip_prefix.strip("/"))

    def emits(self, output: Output) -> bool:
        """Whether an output is wanted; without an ``emit`` option all are."""
        if output == "models" and self.emits_any("validators", "server", "client"):
            return True
        return not self.emit or output in self.emit

    @property
    def flavours(self) -> tuple[bool, ...]:
        """Of which kinds base classes are made: False for async, True for sync."""
        return {"async": (False,), "sync": (True,), "both": (False, True)}[self.server]

    def emits_any(self, *outputs: Output) -> bool:
        """Whether one of several outputs is wanted."""
        return not self.emit or any(output in self.emit for output in outputs)


_TYPES = get_type_hints(Options)


def option_names() -> tuple[str, ...]:
    """Names of all options."""
    return tuple(field.name for field in fields(Options))


def parse_parameter(parameter: str) -> Options:
    """Read the comma-joined ``key=value`` pairs of ``CodeGeneratorRequest.parameter``.

    Empty tokens are passed over: buf and shells make them. List options are repeated.

    Raises:
        GenerationError: an unknown option, a repeated single-valued one, or a value out of range.
    """
    return from_pairs(split_parameter(parameter))


def split_parameter(parameter: str) -> list[tuple[str, str]]:
    """Names and values of a parameter string, not yet checked."""
    tokens = (token.partition("=") for token in parameter.split(","))
    return [(key.strip(), value.strip()) for key, _, value in tokens if key.strip() or value.strip()]


def from_pairs(pairs: Iterable[tuple[str, str]]) -> Options:
    """Build options from names and texts; errors as :func:`parse_parameter`."""
    values: dict[str, Any] = {}
    for name, text in pairs:
        if not text and name in ALL_OUTPUTS and "emit" in values:
            raise GenerationError(f"option emit: repeat it for several outputs: emit={values['emit'][-1]},emit={name}")
        if name not in _TYPES:
            hint = did_you_mean(name, _TYPES, f"known options: {', '.join(_TYPES)}")
            raise GenerationError(f'unknown option "{name}"; {hint}')
        declared = _TYPES[name]
        if get_origin(declared) is tuple:
            values[name] = (*values.get(name, ()), _choice(name, get_args(declared)[0], text, repeated=True))
        elif name in values:
            raise GenerationError(f'option {name} is given twice; keep one of "{values[name]}" and "{text}"')
        else:
            values[name] = _choice(name, declared, text)
    return Options(**values)


def _choice(name: str, declared: Any, text: str, *, repeated: bool = False) -> str:
    if not text:
        raise GenerationError(f"option {name} has no value; write {name}=VALUE")
    if get_origin(declared) is Literal:
        choices = get_args(declared)
        if text not in choices:
            hint = "; repeat the option for several" if repeated and "," in text else ""
            raise GenerationError(f'option {name}: "{text}" is not one of {", ".join(choices)}{hint}')
    return text
