"""__init__.py of a .proto file's package: its models at once, the rest when first used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from protoc_gen_pds.python import layout
from protoc_gen_pds.python.names import Names, unique
from protoc_gen_pds.python.scope import Scope
from protoc_gen_pds.python.types import RUNTIME, is_emitted, is_well_known
from protoc_gen_pds.schema import File
from protoc_gen_pds.targets import services
from protoc_gen_pds.targets.base import Context, OutputFile

SUBMODULES = frozenset({"client", "codec", "descriptors", "methods", "models", "server", "validators"})
"""Modules of a file's package: importing one binds its name, so nothing else is exported by it."""

VALIDATORS = ("validate", "violations")


class LazyName(NamedTuple):
    """A name that is imported when it is first used."""

    name: str
    module: str


def init(context: Context) -> Iterator[OutputFile]:
    """The package of every file to generate."""
    if not context.options.emits("models"):
        return
    for file in context.schema.to_generate:
        if not is_well_known(file):
            content = context.module("init", _view(context, file))
            yield OutputFile(context.path(file, "__init__.py"), content, file.name)


def _view(context: Context, file: File) -> dict[str, object]:
    names = context.names
    own = exported_models(names, file)
    exported = set(own)
    lazy = [name for name in _lazy_names(context, file) if name.name not in exported]
    exported |= {name.name for name in lazy}
    scope = Scope(names.package_of(file), {*exported, *SUBMODULES})
    for name in own:
        scope.own_import(".models", name)
    for dependency in _public(file):
        module = scope.relative(names.package_of(dependency), "models")
        for name in exported_models(names, dependency):
            if name not in exported:
                exported.add(name)
                scope.own_import(module, name)
    for item in lazy:
        scope.own_import(f".{item.module}", item.name, typing_only=True)
    alias = unique("lazy", {*exported, *SUBMODULES})
    view: dict[str, object] = {
        "header": context.header(file),
        "doc": layout.docstring(f"Python code for {' '.join(file.name.rpartition('/')[2].split())}.", indent=0),
        "lazy_names": lazy,
        "lazy_imports": scope.lines(typing_only=True),
        "type_checking": scope.name("typing", "TYPE_CHECKING") if lazy else "",
        "lazy": alias,
        "lazy_import": f"from {scope.relative(RUNTIME, 'lazy')} import lazy"
        + (f" as {alias}" if alias != "lazy" else ""),
        "exported": _all(exported) if exported else "",
    }
    return view | {"imports": scope.lines()}


def exported_models(names: Names, file: File) -> list[str]:
    """Top-level names of a file's models that its package exports."""
    found = [
        *map(names.class_name, file.messages),
        *map(names.class_name, file.enums),
        *(names.attribute(extension) for extension in file.extensions if is_emitted(extension)),
    ]
    return [name for name in found if name not in SUBMODULES]


def _public(file: File) -> list[File]:
    """Files whose names a file offers as its own: its public imports, and theirs."""
    found: dict[str, File] = {}
    waiting = [file]
    while waiting:
        current = waiting.pop()
        for index in current.proto.public_dependency:
            dependency = current.schema.files[current.proto.dependency[index]]
            if dependency.name not in found and not is_well_known(dependency):
                found[dependency.name] = dependency
                waiting.append(dependency)
    return [found[name] for name in sorted(found)]


def _lazy_names(context: Context, file: File) -> Iterator[LazyName]:
    options, names = context.options, context.names
    if options.emits("validators") and file.messages:
        yield from (LazyName(name, "validators") for name in VALIDATORS)
    if options.emits("server"):
        for synchronous in options.flavours:
            for service in file.services:
                yield LazyName(services.base_class(names, service, synchronous=synchronous), "server")
            adders = services.add_functions(file, synchronous=synchronous).values()
            yield from (LazyName(name, "server") for name in adders)
    if options.emits("client"):
        for service in file.services:
            yield LazyName(services.client_class(names, service), "client")
            yield LazyName(services.client_class(names, service, synchronous=True), "client")


def _all(names: set[str]) -> str:
    return f"__all__ = [{', '.join(map(layout.string, layout.member_order(names)))}]"
