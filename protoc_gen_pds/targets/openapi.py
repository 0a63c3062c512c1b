"""openapi.json: OpenAPI 3.1 for the methods of a package that have google.api.http rules."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from protoc_gen_pds.errors import GenerationError
from protoc_gen_pds.python import layout
from protoc_gen_pds.schema import Enum, Field, File, Kind, Message, Method
from protoc_gen_pds.targets import services
from protoc_gen_pds.targets.base import Context, OutputFile
from protoc_gen_pds.targets.methods import Rule, http_rules

_VARIABLE = re.compile(r"\{([^{}=]+)(?:=[^{}]+)?\}")
_STATUS = "google.rpc.Status"
_MAXIMUM_DEPTH = 4
"""Messages in query parameters are written with dots; deeper than this nobody writes them."""

_INT64 = {"format": "int64", "pattern": "^-?[0-9]+$"}
_UINT64 = {"format": "uint64", "pattern": "^[0-9]+$"}

_SCALARS: dict[Kind, dict[str, Any]] = {
    Kind.DOUBLE: {"type": "number", "format": "double"},
    Kind.FLOAT: {"type": "number", "format": "float"},
    Kind.BOOL: {"type": "boolean"},
    Kind.STRING: {"type": "string"},
    Kind.BYTES: {"type": "string", "contentEncoding": "base64"},
    **{key: {"type": "integer", "format": "int32"} for key in (Kind.INT32, Kind.SINT32, Kind.SFIXED32)},
    **{key: {"type": "integer", "format": "uint32", "minimum": 0} for key in (Kind.UINT32, Kind.FIXED32)},
    # ProtoJSON writes 64-bit integers as strings.
    **{key: {"type": "string", **_INT64} for key in (Kind.INT64, Kind.SINT64, Kind.SFIXED64)},
    **{key: {"type": "string", **_UINT64} for key in (Kind.UINT64, Kind.FIXED64)},
}

_WELL_KNOWN: dict[str, dict[str, Any]] = {
    "Timestamp": {"type": "string", "format": "date-time"},
    "Duration": {"type": "string", "pattern": r"^-?\d+(\.\d{1,9})?s$"},
    "FieldMask": {"type": "string"},
    "Struct": {"type": "object", "additionalProperties": True},
    "Value": {},
    "ListValue": {"type": "array", "items": {}},
    "Empty": {"type": "object"},
    "Any": {
        "type": "object",
        "properties": {"@type": {"type": "string"}},
        "required": ["@type"],
        "additionalProperties": True,
    },
    "StringValue": {"type": ["string", "null"]},
    "BytesValue": {"type": ["string", "null"], "contentEncoding": "base64"},
    "BoolValue": {"type": ["boolean", "null"]},
    "DoubleValue": {"type": ["number", "null"]},
    "FloatValue": {"type": ["number", "null"]},
    "Int32Value": {"type": ["integer", "null"], "format": "int32"},
    "UInt32Value": {"type": ["integer", "null"], "format": "uint32", "minimum": 0},
    "Int64Value": {"type": ["string", "null"], **_INT64},
    "UInt64Value": {"type": ["string", "null"], **_UINT64},
}


def openapi(context: Context) -> Iterator[OutputFile]:
    """One document for every file that has methods with HTTP rules."""
    if not context.options.emits("server"):
        return
    for file in services.files_with_services(context):
        document = _Document(context, file)
        if document.paths:
            content = json.dumps(document.value(), indent=2, ensure_ascii=False) + "\n"
            yield OutputFile(context.path(file, "openapi.json"), content, file.name)


class _Document:
    """Collects the paths of a file and the schemas that they need."""

    def __init__(self, context: Context, file: File) -> None:
        self._context = context
        self._file = file
        self._schemas: dict[str, Any] = {}
        self.paths: dict[str, dict[str, Any]] = {}
        for service in file.services:
            for method in service.methods:
                if not method.client_streaming:
                    for number, rule in enumerate(http_rules(method)):
                        self._operation(method, rule, number)

    def value(self) -> dict[str, Any]:
        """The whole document."""
        title = self._file.package or self._file.name
        tags = [_described({"name": service.name}, service) for service in self._file.services]
        return {
            "openapi": "3.1.0",
            "info": {"title": title, "version": title.rpartition(".")[2]},
            "tags": tags,
            "paths": self.paths,
            "components": {"schemas": dict(sorted({**self._schemas, _STATUS: _status()}.items()))},
        }

    def _operation(self, method: Method, rule: Rule, number: int) -> None:
        path = _VARIABLE.sub(lambda found: f"{{{found[1].strip()}}}", rule.path)
        variables = [found.strip() for found in _VARIABLE.findall(rule.path)]
        parameters = [self._path_parameter(method.input, name) for name in variables]
        operation: dict[str, Any] = {
            "operationId": f"{method.service.name}_{method.name}{number or ''}",
            "tags": [method.service.name],
        }
        _described(operation, method)
        if method.deprecated:
            operation["deprecated"] = True
        if rule.body != "*":
            parameters += self._query(method.input, "", {*variables, rule.body}, ())
        if parameters:
            operation["parameters"] = parameters
        if rule.body:
            operation["requestBody"] = {"required": True, "content": self._content(self._body(method, rule))}
        operation["responses"] = {
            "200": {"description": "OK", "content": self._response(method, rule)},
            "default": {"description": "Error", "content": self._content({"$ref": f"#/components/schemas/{_STATUS}"})},
        }
        self.paths.setdefault(path, {}).setdefault(rule.verb.lower(), operation)

    def _body(self, method: Method, rule: Rule) -> dict[str, Any]:
        if rule.body == "*":
            return self._message(method.input)
        return self._field(_named(method.input, rule.body, method))

    def _response(self, method: Method, rule: Rule) -> dict[str, Any]:
        schema = (
            self._field(_named(method.output, rule.response_body, method))
            if rule.response_body
            else self._message(method.output)
        )
        return self._content(schema, "application/x-ndjson" if method.server_streaming else "application/json")

    @staticmethod
    def _content(schema: dict[str, Any], media: str = "application/json") -> dict[str, Any]:
        return {media: {"schema": schema}}

    def _path_parameter(self, message: Message, path: str) -> dict[str, Any]:
        field: Field | None = None
        current: Message | None = message
        for name in path.split("."):
            field = next((f for f in current.fields if f.name == name), None) if current else None
            if field is None:
                raise message.error(f'the path variable "{path}" of an HTTP rule is not a field of {message.full_name}')
            current = field.message
        assert field is not None
        parameter = {"name": path, "in": "path", "required": True, "schema": self._field(field)}
        return _described(parameter, field)

    def _query(self, message: Message, prefix: str, left_out: set[str], above: tuple[str, ...]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for field in message.fields:
            name = f"{prefix}{field.json_name}"
            if f"{prefix}{field.name}" in left_out or field.is_map:
                continue
            nested = field.message
            if nested is None or _well_known(nested) is not None:
                found.append(_described({"name": name, "in": "query", "schema": self._field(field)}, field))
            elif not field.repeated and nested.full_name not in above and len(above) < _MAXIMUM_DEPTH:
                found += self._query(nested, f"{name}.", left_out, (*above, nested.full_name))
        return found

    def _field(self, field: Field) -> dict[str, Any]:
        if field.is_map:
            schema: dict[str, Any] = {"type": "object", "additionalProperties": self._single(field.map_value)}
        else:
            schema = self._single(field)
            if field.repeated:
                schema = {"type": "array", "items": schema}
        self._constrain(schema, field)
        return schema

    def _constrain(self, schema: dict[str, Any], field: Field) -> None:
        reader = self._context.rules
        if reader is None:
            return
        from protoc_gen_pds.targets.constraints import constrain

        try:
            constrain(schema, field, reader.field(field))
        except GenerationError:
            # With on_rule_error=raise a wrong rule is an error of the validator when it runs.
            if self._context.options.on_rule_error != "raise":
                raise

    def _single(self, field: Field) -> dict[str, Any]:
        if field.message is not None:
            return self._message(field.message)
        if field.enum is not None:
            return self._enum(field.enum)
        return dict(_SCALARS[field.kind])

    def _enum(self, enum: Enum) -> dict[str, Any]:
        if enum.full_name not in self._schemas:
            values = [value.name for value in enum.values]
            self._schemas[enum.full_name] = _described({"type": "string", "enum": values}, enum)
        return {"$ref": f"#/components/schemas/{enum.full_name}"}

    def _message(self, message: Message) -> dict[str, Any]:
        known = _well_known(message)
        if known is not None:
            return dict(known)
        if message.full_name not in self._schemas:
            self._schemas[message.full_name] = schema = _described({"type": "object"}, message)
            properties = {field.json_name: self._property(field) for field in message.fields}
            if properties:
                schema["properties"] = properties
        return {"$ref": f"#/components/schemas/{message.full_name}"}

    def _property(self, field: Field) -> dict[str, Any]:
        schema = _described(self._field(field), field)
        if field.deprecated:
            schema["deprecated"] = True
        return schema


def _well_known(message: Message) -> dict[str, Any] | None:
    package, _, name = message.full_name.rpartition(".")
    return _WELL_KNOWN.get(name) if package == "google.protobuf" else None


def _named(message: Message, name: str, method: Method) -> Field:
    field = next((field for field in message.fields if field.name == name), None)
    if field is None:
        raise method.error(f'the HTTP rule of {method.name} names the field "{name}", which {message.full_name} lacks')
    return field


def _described(schema: dict[str, Any], element: Any) -> dict[str, Any]:
    comments = element.comments
    text = layout.comment_text(comments.leading or comments.trailing)
    if text:
        schema["description"] = text
    return schema


def _status() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "What went wrong (google.rpc.Status).",
        "properties": {
            "code": {"type": "integer", "format": "int32"},
            "message": {"type": "string"},
            "details": {"type": "array", "items": dict(_WELL_KNOWN["Any"])},
        },
    }
