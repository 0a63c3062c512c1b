"""validators.py: the generated checks of a .proto file, from the shape of values to their rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from protoc_gen_pds.python import statements
from protoc_gen_pds.python.layout import docstring
from protoc_gen_pds.python.types import is_well_known
from protoc_gen_pds.schema import File, Message
from protoc_gen_pds.targets.base import Context, OutputFile
from protoc_gen_pds.targets.validators_module import Module, recursive_messages
from protoc_gen_pds.targets.validators_shape import message_lines


@dataclass(frozen=True, slots=True)
class CheckView:
    """The check of one message; its statements field by field."""

    head: str
    cls: str
    wrong_class: str
    recursive: bool
    fields: tuple[tuple[str, ...], ...]


def validators(context: Context) -> Iterator[OutputFile]:
    """The validators of every file to generate that has messages."""
    if not context.options.emits("validators"):
        return
    for file in context.schema.to_generate:
        if file.messages and not is_well_known(file):
            content = context.renderer.render("python/validators.py.j2", _view(context, file))
            yield OutputFile(context.path(file, "validators.py"), content, file.name)


def _view(context: Context, file: File) -> dict[str, object]:
    module = Module(context.names, file)
    recursive = recursive_messages(file)
    messages = [message for message in file.walk_messages() if not message.is_map_entry]
    checks = [_check(module, message, message.full_name in recursive) for message in messages]
    module.own_import("validate")
    module.own_import("violations")
    binds = [
        line
        for message in messages
        for line in statements.lines(
            statements.call(module.runtime("bind"), module.cls(message), module.function(message)), 0
        )
    ]
    title = f"Checks of the messages of package {file.package}." if file.package else "Checks of messages."
    return {
        "header": context.header(file),
        "doc": docstring(title, indent=0),
        "imports": module.scope.lines(),
        "checks": checks,
        "binds": binds,
    }


def _check(module: Module, message: Message, recursive: bool) -> CheckView:
    cls = module.cls(message)
    parameters = [f"m: {cls}", f"c: {module.runtime('Check', 'check')}", f"at: {module.runtime('Place')}"]
    wrong = f"    if m.__class__ is not {cls} and "
    call = statements.call("c.wrong_class", "m", cls, "at")
    return CheckView(
        head=statements.signature(module.function(message), parameters, "None"),
        cls=cls,
        wrong_class="\n".join(statements.lines(call, 4, wrong.lstrip(), ":"))[len(wrong) :],
        recursive=recursive,
        fields=tuple(map(tuple, message_lines(module, message))),
    )
