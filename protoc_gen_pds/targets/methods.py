"""methods.py: one typed constant for each rpc, which server, client and HTTP share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from google.protobuf import descriptor_pb2 as pb

from protoc_gen_pds.python import layout
from protoc_gen_pds.schema import File, Method
from protoc_gen_pds.targets import services
from protoc_gen_pds.targets.base import Context, OutputFile
from protoc_gen_pds.targets.services import Module

_VERBS = ("get", "put", "post", "delete", "patch")


class ConstantView(NamedTuple):
    """The constant of one method."""

    definition: str


class MethodsView(NamedTuple):
    """The class of a service's constants."""

    head: str
    doc: str
    constants: tuple[str, ...]


def methods(context: Context) -> Iterator[OutputFile]:
    """The constants for every file that has services."""
    if not context.options.emits_any("server", "client"):
        return
    for file in services.files_with_services(context):
        content = context.module("methods", _view(context, file))
        yield OutputFile(context.path(file, "methods.py"), content, file.name)


def _view(context: Context, file: File) -> dict[str, object]:
    names = context.names
    module = Module.of(context, file, (services.methods_class(names, service) for service in file.services))
    views = tuple(
        MethodsView(
            head=f"class {services.methods_class(names, service)}:",
            doc=layout.docstring(f"The rpcs of {service.full_name}.", indent=4),
            constants=tuple(_constant(module, method) for method in service.methods),
        )
        for service in file.services
    )
    return {
        "header": context.header(file),
        "doc": layout.docstring(f"The rpcs of {services.subject(file)}: what server and client share.", indent=0),
        "services": views,
        "imports": module.scope.lines(),
    }


def _constant(module: Module, method: Method) -> str:
    arguments = [
        f"service={layout.string(method.service.full_name)}",
        f"name={layout.string(method.name)}",
        f"request={module.message(method.input)}",
        f"response={module.message(method.output)}",
    ]
    if method.client_streaming or method.server_streaming:
        arguments.append(f"kind={module.runtime('method', 'CallKind')}.{services.kind(method).upper()}")
    level = method.proto.options.idempotency_level
    if level:
        name = pb.MethodOptions.IdempotencyLevel.Name(level)
        arguments.append(f"idempotency={module.runtime('method', 'Idempotency')}.{name}")
    rules = [_rule(module, rule) for rule in http_rules(method)]
    if rules:
        arguments.append(_tuple("http=(", rules, indent=8))
    final, cls = module.scope.name("typing", "Final"), module.runtime("method", "Method")
    head = f"{services.constant(module.names, method)}: {final} = {cls}("
    return layout.exploded(head, arguments, ")", indent=4)


def _tuple(head: str, items: list[str], *, indent: int) -> str:
    if len(items) == 1 and indent + len(head) + len(items[0]) + 3 <= layout.LINE_LENGTH:
        return f"{head}{items[0]},)"
    return layout.exploded(head, items, ")", indent=indent)


class Rule(NamedTuple):
    """One google.api.HttpRule, without its additional bindings."""

    verb: str
    path: str
    body: str
    response_body: str


def http_rules(method: Method) -> Iterator[Rule]:
    """The HTTP rules of a method: the rule itself, then its additional bindings."""
    rule = method.options["google.api.http"]
    if rule is not None:
        yield from _rules(rule)
        for more in rule.additional_bindings:
            yield from _rules(more)


def _rules(rule: Any) -> Iterator[Rule]:
    pattern = rule.WhichOneof("pattern")
    if pattern in _VERBS:
        yield Rule(pattern.upper(), getattr(rule, pattern), rule.body, rule.response_body)
    elif pattern == "custom":
        yield Rule(rule.custom.kind, rule.custom.path, rule.body, rule.response_body)


def _rule(module: Module, rule: Rule) -> str:
    arguments = [layout.string(rule.verb), layout.string(rule.path)]
    if rule.body:
        arguments.append(f"body={layout.string(rule.body)}")
    if rule.response_body:
        arguments.append(f"response_body={layout.string(rule.response_body)}")
    return f"{module.runtime('method', 'HttpRule')}({', '.join(arguments)})"
