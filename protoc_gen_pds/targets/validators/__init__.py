"""validators.py: the generated checks of a .proto file, from the shape of values to their rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from protoc_gen_pds.errors import GenerationError
from protoc_gen_pds.python import statements
from protoc_gen_pds.python.layout import docstring, string
from protoc_gen_pds.python.types import is_well_known
from protoc_gen_pds.schema import File, Message
from protoc_gen_pds.targets.base import Context, OutputFile
from protoc_gen_pds.targets.validators.fields import FieldChecks
from protoc_gen_pds.targets.validators.module import Module, recursive_messages

if TYPE_CHECKING:
    from protoc_gen_pds.rules.read import Reader
    from protoc_gen_pds.targets.validators.rules import RuleWriter


class CheckView(NamedTuple):
    """The check of one message; its statements field by field."""

    head: str
    guard: tuple[str, ...]
    recursive: bool
    counts_faults: bool
    """Whether rules in it are for messages without faults."""
    fields: tuple[tuple[str, ...], ...]


def validators(context: Context) -> Iterator[OutputFile]:
    """The validators of every file to generate that has messages."""
    if not context.options.emits("validators"):
        return
    for file in context.schema.to_generate:
        if file.messages and not is_well_known(file):
            content = context.module("validators", _view(context, file))
            yield OutputFile(context.path(file, "validators.py"), content, file.name)


def _view(context: Context, file: File) -> dict[str, object]:
    module = Module(context.names, file)
    writer = _writer(module, context.rules, raises=context.options.on_rule_error == "raise")
    recursive = recursive_messages(file)
    messages = [message for message in file.walk_messages() if not message.is_map_entry]
    checks = [_check(module, message, writer, message.full_name in recursive) for message in messages]
    module.own_import("validate")
    module.own_import("violations")
    binds = [
        line
        for message in messages
        for line in statements.lines(_bind(module, message, context.options.field_behavior == "enforce"), 0)
    ]
    title = f"Checks of the messages of package {file.package}." if file.package else "Checks of messages."
    return {
        "header": context.header(file),
        "doc": docstring(title, indent=0),
        "imports": module.scope.lines(),
        "constants": writer.constants if writer is not None else [],
        "checks": checks,
        "binds": binds,
    }


def _writer(module: Module, reader: Reader | None, *, raises: bool) -> RuleWriter | None:
    if reader is None:
        return None
    from protoc_gen_pds.targets.validators.rules import RuleWriter

    return RuleWriter(module, reader, raises=raises)


def _bind(module: Module, message: Message, behavior: bool) -> str:
    arguments = [module.cls(message), module.function(message)]
    if behavior:
        from protoc_gen_pds.rules.read import OUTPUT_ONLY, behaviors

        names = [string(f.name) for f in message.fields if OUTPUT_ONLY in behaviors(f)]
        if names:
            arguments.append(f"output_only={statements.row(names)}")
    return statements.call(module.runtime("bind"), *arguments)


def _lines(module: Module, message: Message, writer: RuleWriter | None) -> tuple[tuple[str, ...], ...]:
    try:
        return tuple(map(tuple, FieldChecks(module, message, writer).lines()))
    except GenerationError as error:
        if writer is None or not writer.raises:
            raise
        # The same message that would have stopped the run.
        failure = statements.call(f"raise {module.runtime('RuleError')}", string(str(error)))
        return (tuple(statements.lines(failure, 4)),)


def _check(module: Module, message: Message, writer: RuleWriter | None, recursive: bool) -> CheckView:
    cls = module.cls(message)
    parameters = [f"m: {cls}", f"c: {module.runtime('Check', 'check')}", f"at: {module.runtime('Place')}"]
    lines = _lines(module, message, writer)
    call = statements.call("c.wrong_class", "m", cls, "at")
    before = f"if m.__class__ is not {cls} and "
    guard = statements.lines(call, 4, before, ":")
    return CheckView(
        head=statements.signature(module.function(message), parameters, "None"),
        guard=tuple(guard),
        recursive=recursive,
        counts_faults=any("c.faults == faults" in line for field in lines for line in field),
        fields=lines,
    )
