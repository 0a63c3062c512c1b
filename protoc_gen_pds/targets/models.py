"""models.py: the enums and dataclasses of a .proto file, which people read."""

from __future__ import annotations

from collections.abc import Iterator

from protoc_gen_pds.python import layout, statements
from protoc_gen_pds.python.defaults import default_literal, zero_literal
from protoc_gen_pds.python.scope import Scope
from protoc_gen_pds.python.types import RUNTIME, Types, is_emitted, is_well_known, taken_names
from protoc_gen_pds.schema import Enum, EnumValue, Field, File, Message, Oneof, Presence
from protoc_gen_pds.targets.base import Context, OutputFile
from protoc_gen_pds.targets.models_view import (
    AttributeView,
    EnumView,
    ExtensionView,
    MemberView,
    MessageView,
    ModuleView,
    PropertyView,
    ValueView,
)


def models(context: Context) -> Iterator[OutputFile]:
    """The models of every file to generate."""
    if not context.options.emits("models"):
        return
    for file in context.schema.to_generate:
        if not is_well_known(file):
            view = _Builder(context, file).module()
            content = context.module("models", view._asdict())
            yield OutputFile(context.path(file, "models.py"), content, file.name)


class _Builder:
    """Makes the views of one file; the scope collects the imports on the way."""

    def __init__(self, context: Context, file: File) -> None:
        self._file = file
        self._header = context.header(file)
        self._names = context.names
        self._scope = Scope(context.names.package_of(file), taken_names(context.names, file))
        self._types = Types(context.names, self._scope, file)
        self._this = "_self" if "self" in self._scope.taken else "self"
        self._defined: set[str] = set()

    def module(self) -> ModuleView:
        enums = tuple(self._enum(enum, 0) for enum in self._file.enums)
        messages = tuple(self._message(message, 0) for message in self._file.messages)
        extensions = tuple(self._extension(field, 0) for field in self._file.extensions if is_emitted(field))
        package = self._file.package
        doc = f"Messages and enums of package {package}." if package else "Messages and enums without a package."
        has_properties = any(m.oneofs or _defaulted(m) for m in self._file.walk_messages())
        return ModuleView(
            header=self._header,
            doc=layout.docstring(doc, indent=0),
            enums=enums,
            messages=messages,
            extensions=extensions,
            aliases=tuple(f"{alias} = {name}" for alias, name in self._scope.own_aliases),
            dataclass=self._runtime("message", "dataclass") if messages else "",
            property=self._scope.builtin("property") if has_properties else "",
            this=self._this,
            imports=tuple(self._scope.lines()),
        )

    def _runtime(self, module: str, name: str) -> str:
        return self._scope.name(self._scope.relative(RUNTIME, module), name)

    @staticmethod
    def _doc(element: Message | Enum | EnumValue | Field | Oneof, indent: int, fallback: str = "") -> str:
        text = layout.comment_text(element.comments.leading or element.comments.trailing) or fallback
        if element.deprecated and "deprecated" not in text.lower():
            text = f"{text}\n\nDeprecated." if text else "Deprecated."
        return layout.docstring(text, indent=indent) if text else ""

    def _deprecated(self, element: Message | Enum | Field) -> str:
        if not element.deprecated:
            return ""
        return f"{self._runtime('deprecation', 'deprecated')}({layout.string(f'{element.name} is deprecated')})"

    # Enums

    def _enum(self, enum: Enum, indent: int) -> EnumView:
        base = self._runtime("enums", "ClosedEnum" if enum.closed else "ProtoEnum")
        view = EnumView(
            pad=" " * indent,
            deprecated=self._deprecated(enum),
            head=f"class {self._names.class_name(enum)}({base}):",
            doc=self._doc(enum, indent + 4, f"Enum {enum.full_name}."),
            values=tuple(
                ValueView(f"{self._names.enum_value(value)} = {value.number}", self._doc(value, indent + 4))
                for value in enum.values
            ),
        )
        self._defined.add(enum.full_name)
        return view

    # Messages

    def _message(self, message: Message, indent: int) -> MessageView:
        inner = indent + 4
        attributes = _attributes(message)
        base = self._runtime("message", "Message")
        secret = [layout.string(self._names.attribute(f)) for f in message.fields if f.redacted and f.oneof is None]
        redacted = f", redacted={statements.row(secret)}" if secret else ""
        members = [field for oneof in message.oneofs for field in oneof.fields]
        view = MessageView(
            pad=" " * indent,
            deprecated=self._deprecated(message),
            head=f'class {self._names.class_name(message)}({base}, full_name="{message.full_name}"{redacted}):',
            doc=self._doc(message, inner, f"Message {message.full_name}."),
            slots=_slots([self._names.attribute(element) for element in attributes]),
            enums=tuple(self._enum(enum, inner) for enum in message.enums),
            messages=tuple(self._message(nested, inner) for nested in message.messages if not nested.is_map_entry),
            members=tuple(self._member(field, inner) for field in members),
            unions=tuple(self._union(oneof, inner) for oneof in message.oneofs if len(oneof.fields) > 1),
            extensions=tuple(self._extension(field, inner) for field in message.extensions if is_emitted(field)),
            attributes=tuple(self._attribute(element, inner) for element in attributes),
            properties=(
                *(self._member_property(field, inner) for field in members),
                *(self._default_property(field, inner) for field in _defaulted(message)),
            ),
        )
        self._defined.add(message.full_name)
        return view

    def _attribute(self, element: Field | Oneof, indent: int) -> AttributeView:
        name, default, value = self._names.attribute(element), "None", ("", "", "")
        if isinstance(element, Oneof):
            # To type checkers, a class called by a second name would be a variable: one member has no union.
            union = (
                self._names.oneof_alias(element)
                if len(element.fields) > 1
                else self._names.member_class(element.fields[0])
            )
            annotation = declared = f"{self._types.reference(element.parent, element.parent)}.{union} | None"
        else:
            annotation = declared = self._types.field(element, element.parent)
            if element.deprecated:
                declared = f"{self._runtime('deprecation', 'Deprecated')}[{annotation}]"
            if element.repeated:
                annotation += " | None"
                value = ("{}" if element.is_map else "[]", f"{name} is None", name)
            elif element.enum is not None and element.presence is Presence.IMPLICIT:
                default, is_ready = self._enum_default(element, element.enum)
                if not is_ready:
                    value = (self._enum_zero(element, element.enum), f"{name} is {default}", name)
            elif element.presence is Presence.IMPLICIT:
                default = zero_literal(element)
        target = f"{self._this}.{name}"
        assigned = "{} if {} else {}".format(*value) if value[0] else name
        return AttributeView(
            declaration=f"{name}: {declared}",
            doc=self._doc(element, indent),
            parameter=f"{name}: {annotation} = {default}",
            assignment=f"{target} = {assigned}",
        )

    def _enum_default(self, field: Field, enum: Enum) -> tuple[str, bool]:
        """Default of a parameter, and whether it is the enum's zero rather than a stand-in for it.

        Defaults are evaluated while the class body runs: a class that surrounds it, or that comes later,
        does not exist then.
        """
        if enum.parent is not None and enum.parent is field.parent:
            return f"{self._names.class_name(enum)}.{self._names.enum_value(enum.values[0])}", True
        outermost: Message | Enum = enum
        while outermost.parent is not None:
            outermost = outermost.parent
        assert field.parent is not None
        is_own = enum.file is self._file
        if not is_own or (outermost.full_name in self._defined and not self._types.is_hidden(enum, field.parent)):
            return self._enum_zero(field, enum), True
        return self._runtime("message", "UNSET"), False

    def _enum_zero(self, field: Field, enum: Enum) -> str:
        return f"{self._types.reference(enum, field.parent)}.{self._names.enum_value(enum.values[0])}"

    def _default_property(self, field: Field, indent: int) -> PropertyView:
        own = f"{self._this}.{self._names.attribute(field)}"
        default = default_literal(field, self._types)
        name, value = self._names.default_property(field), self._types.value(field, field.parent)
        return PropertyView(
            deprecated=self._deprecated(field),
            head=f"def {name}({self._this}) -> {value}:",
            doc=layout.docstring(
                f"Value of {field.name}, or its declared default where it is not set.", indent=indent + 4
            ),
            body=f"return {default} if {own} is None else {own}",
        )

    # Oneofs

    def _union(self, oneof: Oneof, indent: int) -> str:
        members = [self._names.member_class(field) for field in oneof.fields]
        return f"{self._names.oneof_alias(oneof)} = {' | '.join(members)}"

    def _member(self, field: Field, indent: int) -> MemberView:
        assert field.oneof is not None
        value = self._types.value(field, field.parent)
        element = field.message or field.enum
        if element is not None and element.file is self._file:
            # Base classes are evaluated at once, and the class may come later in the module.
            value = f'"{value}"'
        base = f"{self._runtime('message', 'Member')}[{value}]"
        name = f'"{field.name}"'
        literal = f"{self._scope.name('typing', 'ClassVar')}[{self._scope.name('typing', 'Literal')}[{name}]]"
        return MemberView(
            deprecated=self._deprecated(field),
            head=f"class {self._names.member_class(field)}({base}{', redacted=True' if field.redacted else ''}):",
            doc=self._doc(field, indent + 4, f"Member {field.name} of oneof {field.oneof.name}."),
            field_line=f"field: {literal} = {name}",
        )

    def _member_property(self, field: Field, indent: int) -> PropertyView:
        assert field.parent is not None
        assert field.oneof is not None
        value = self._types.value(field, field.parent)
        own = f"{self._this}.{self._names.attribute(field.oneof)}"
        member = f"{self._names.qualified_name(field.parent)}.{self._names.member_class(field)}"
        condition = f"{self._scope.builtin('isinstance')}({own}, {member})"
        return PropertyView(
            deprecated=self._deprecated(field),
            head=f"def {self._names.attribute(field)}({self._this}) -> {self._types.optional(field, value)}:",
            doc=self._doc(field, indent + 4, f"Value of {field.name}, or None where it is not set."),
            body=f"return {own}.value if {condition} else None",
        )

    # Extensions

    def _extension(self, field: Field, indent: int) -> ExtensionView:
        assert field.extendee is not None
        kind = self._runtime("extensions", "RepeatedExtension" if field.repeated else "Extension")
        extendee = self._types.reference(field.extendee, field.parent)
        annotation = f"{kind}[{extendee}, {self._types.value(field, field.parent)}]"
        if indent:
            annotation = f"{self._scope.name('typing', 'ClassVar')}[{annotation}]"
        arguments = [
            f'"{field.extendee.full_name}"',
            f'"{field.full_name}"',
            str(field.number),
            "module=__name__",
        ]
        line = f"{self._names.attribute(field)}: {annotation} = {kind}({', '.join(arguments)})"
        return ExtensionView(line, self._doc(field, indent))


def _attributes(message: Message) -> list[Field | Oneof]:
    """Fields and oneofs in the order of declaration, a oneof where its first member stands."""
    found: dict[str, Field | Oneof] = {}
    for field in message.fields:
        element = field.oneof or field
        found.setdefault(element.full_name, element)
    return list(found.values())


def _defaulted(message: Message) -> list[Field]:
    return [field for field in message.fields if field.default is not None and field.oneof is None]


def _slots(names: list[str]) -> str:
    return f"__slots__ = {statements.row([layout.string(name) for name in layout.natural_order(names)])}"
