"""models.py: the enums and dataclasses of a .proto file, which people read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from protoc_gen_pds.python import layout
from protoc_gen_pds.python.scope import Scope
from protoc_gen_pds.python.types import RUNTIME, Types, annotation_names, is_well_known
from protoc_gen_pds.schema import Enum, EnumValue, Field, File, Message, Oneof, Presence
from protoc_gen_pds.targets.base import Context, OutputFile

INDENT = "    "


@dataclass(frozen=True, slots=True)
class Doc:
    """A docstring, ready to be written; empty where there is nothing to say."""

    text: str


@dataclass(frozen=True, slots=True)
class ValueView:
    """A member of an enum."""

    line: str
    doc: str


@dataclass(frozen=True, slots=True)
class EnumView:
    """An enum's class."""

    pad: str
    head: str
    doc: str
    values: tuple[ValueView, ...]


@dataclass(frozen=True, slots=True)
class MemberView:
    """The class of a oneof's member, and the property that gives the flat view of it."""

    head: str
    doc: str
    field_line: str
    property_head: str
    property_type: str
    property_doc: str
    return_lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AttributeView:
    """An attribute of a message: a field, or a oneof."""

    declaration: str
    doc: str
    parameter: str
    assignment: str


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message's class."""

    pad: str
    decorator: str
    head: str
    doc: str
    slots: str
    enums: tuple[EnumView, ...]
    messages: tuple[MessageView, ...]
    members: tuple[MemberView, ...]
    unions: tuple[str, ...]
    defaults: tuple[str, ...]
    attributes: tuple[AttributeView, ...]
    init: str
    this: str
    property: str


def models(context: Context) -> Iterator[OutputFile]:
    """The models of every file to generate."""
    if not context.options.emits("models"):
        return
    for file in context.schema.to_generate:
        if not is_well_known(file):
            content = context.renderer.render("python/models.py.j2", _Builder(context, file).view())
            yield OutputFile(context.path(file, "models.py"), content, file.name)


class _Builder:
    """Makes the views of one file."""

    def __init__(self, context: Context, file: File) -> None:
        self._file = file
        self._header = context.header(file)
        self._names = context.names
        self._scope = Scope(context.names.package_of(file), annotation_names(context.names, file))
        self._types = Types(context.names, self._scope, file)
        self._defined: set[str] = set()

    def view(self) -> dict[str, object]:
        """What the template of a module sees."""
        enums = tuple(self._enum(enum, 0) for enum in self._file.enums)
        messages = tuple(self._message(message, 0) for message in self._file.messages)
        package = self._file.package
        doc = f"Messages and enums of package {package}." if package else "Messages and enums without a package."
        return {
            "header": self._header,
            "doc": layout.docstring(doc, indent=0),
            "enums": enums,
            "messages": messages,
            "imports": self._scope.lines(),
            "aliases": [f"{alias} = {name}" for alias, name in self._scope.own_aliases],
        }

    def _runtime(self, module: str, name: str) -> str:
        return self._scope.name(self._scope.relative(RUNTIME, module), name)

    @staticmethod
    def _doc(element: Message | Enum | EnumValue | Field | Oneof, indent: int, fallback: str = "") -> str:
        text = layout.comment_text(element.comments.leading or element.comments.trailing) or fallback
        return layout.docstring(text, indent=indent) if text else ""

    # -- enums -----------------------------------------------------------------------------------

    def _enum(self, enum: Enum, indent: int) -> EnumView:
        base = self._runtime("enums", "ClosedEnum" if enum.closed else "ProtoEnum")
        view = EnumView(
            pad=" " * indent,
            head=f"class {self._names.class_name(enum)}({base}):",
            doc=self._doc(enum, indent + 4, f"Enum {enum.full_name}."),
            values=tuple(
                ValueView(f"{self._names.enum_value(value)} = {value.number}", self._doc(value, indent + 4))
                for value in enum.values
            ),
        )
        self._defined.add(enum.full_name)
        return view

    # -- messages --------------------------------------------------------------------------------

    def _message(self, message: Message, indent: int) -> MessageView:
        inner = indent + 4
        slots = [
            *(self._names.attribute(field) for field in message.fields if field.oneof is None),
            *(self._names.attribute(oneof) for oneof in message.oneofs),
        ]
        view = MessageView(
            pad=" " * indent,
            decorator=f"@{self._scope.name('dataclasses', 'dataclass')}(init=False, repr=False, eq=False)",
            head=layout.fold(
                f"class {self._names.class_name(message)}(",
                [self._runtime("message", "Message"), f'full_name="{message.full_name}"'],
                "):",
                indent=indent,
            ),
            doc=self._doc(message, inner, f"Message {message.full_name}."),
            slots=_slots([self._names.attribute(element) for element in _attributes(message)], inner),
            enums=tuple(self._enum(enum, inner) for enum in message.enums),
            messages=tuple(self._message(nested, inner) for nested in message.messages if not nested.is_map_entry),
            members=tuple(self._member(field, inner) for oneof in message.oneofs for field in oneof.fields),
            unions=tuple(self._union(oneof, inner) for oneof in message.oneofs),
            defaults=(),
            attributes=tuple(self._attribute(element, inner) for element in _attributes(message)),
            init="",
            this="self",
            property=self._scope.builtin("property") if message.oneofs else "",
        )
        self._defined.add(message.full_name)
        return view

    def _attribute(self, element: Field | Oneof, indent: int) -> AttributeView:
        name = self._names.attribute(element)
        if isinstance(element, Oneof):
            owner = self._types.reference(element.parent, element.parent)
            annotation = f"{owner}.{self._names.oneof_alias(element)} | None"
            default, value = "None", name
        else:
            assert element.parent is not None
            annotation = self._types.field(element, element.parent)
            default, value = self._default(element), name
            if element.repeated:
                annotation_in = f"{annotation} | None"
                empty = "{}" if element.is_map else "[]"
                return AttributeView(
                    f"{name}: {annotation}",
                    self._doc(element, indent),
                    f"{name}: {annotation_in} = None",
                    f"self.{name} = {empty} if {name} is None else {name}",
                )
            if element.enum is not None and default == self._unset_name:
                zero = f"{self._types.reference(element.enum, element.parent)}.{self._names.enum_value(element.enum.values[0])}"
                value = f"{zero} if {name} is {default} else {name}"
        return AttributeView(
            f"{name}: {annotation}",
            self._doc(element, indent),
            f"{name}: {annotation} = {default}",
            f"self.{name} = {value}",
        )

    _unset_name = ""

    def _default(self, field: Field) -> str:
        if field.presence is not Presence.IMPLICIT:
            return "None"
        if field.enum is None:
            return _ZEROS.get(self._scalar(field), "0")
        assert field.parent is not None
        zero = self._names.enum_value(field.enum.values[0])
        if field.enum.parent is field.parent:
            return f"{self._names.class_name(field.enum)}.{zero}"
        if field.enum.file is not self._file or self._available(field.enum, field.parent):
            return f"{self._types.reference(field.enum, field.parent)}.{zero}"
        self._unset_name = self._runtime("message", "UNSET")
        return self._unset_name

    def _available(self, enum: Enum, within: Message) -> bool:
        """Whether a class of this module can be named in a default while ``within`` is being defined."""
        outermost: Message | Enum = enum
        while outermost.parent is not None:
            outermost = outermost.parent
        return outermost.full_name in self._defined and not self._types.hides(enum, within)

    @staticmethod
    def _scalar(field: Field) -> str:
        from protoc_gen_pds.python.types import scalar

        return scalar(field.kind)

    def _union(self, oneof: Oneof, indent: int) -> str:
        classes = [self._names.member_class(field) for field in oneof.fields]
        return f"{self._names.oneof_alias(oneof)} = {' | '.join(classes)}"

    def _member(self, field: Field, indent: int) -> MemberView:
        assert field.parent is not None
        assert field.oneof is not None
        name = self._names.member_class(field)
        value = self._types.member(field, field.parent)
        base_value = value
        if field.message is not None and field.message.file is self._file:
            base_value = f'"{value}"'
        oneof = self._names.attribute(field.oneof)
        owner = self._types.reference(field.parent, field.parent)
        literal = f'"{field.name}"'
        class_var, literal_type = self._scope.name("typing", "ClassVar"), self._scope.name("typing", "Literal")
        line = f"field: {class_var}[{literal_type}[{literal}]] = {literal}"
        if indent + 4 + len(line) > layout.LINE_LENGTH:
            pad = " " * (indent + 4)
            line = f"field: {class_var}[{literal_type}[{literal}]] = (\n{pad}    {literal}\n{pad})"
        returned = f"return self.{oneof}.value if isinstance(self.{oneof}, {owner}.{name}) else None"
        if indent + 4 + len(returned) > layout.LINE_LENGTH:
            pad = " " * (indent + 4)
            returned = (
                f"return (\n{pad}    self.{oneof}.value\n{pad}    if isinstance(self.{oneof}, {owner}.{name})\n"
                f"{pad}    else None\n{pad})"
            )
        return MemberView(
            head=layout.fold(
                f"class {name}(", [f"{self._runtime('message', 'Member')}[{base_value}]"], "):", indent=indent
            ),
            doc=self._doc(field, indent + 4, f"Member {field.name} of oneof {field.oneof.name}."),
            field_line=line,
            property_head=f"def {self._names.attribute(field)}(self) -> {self._types.optional(field, value)}:",
            property_type="",
            property_doc=self._doc(field, indent + 4, f"Value of {field.name}, or None where another member is set."),
            return_lines=(returned,),
        )


_ZEROS = {"float": "0.0", "bool": "False", "str": '""', "bytes": 'b""'}


def _attributes(message: Message) -> list[Field | Oneof]:
    """Fields and oneofs in the order of declaration, a oneof where its first member stands."""
    found: dict[str, Field | Oneof] = {}
    for field in message.fields:
        element = field.oneof or field
        found.setdefault(element.full_name, element)
    return list(found.values())


def _slots(names: list[str], indent: int) -> str:
    items = [f'"{name}"' for name in names]
    if len(items) == 1:
        return f"__slots__ = ({items[0]},)"
    one = f"__slots__ = ({', '.join(items)})"
    return (
        one if indent + len(one) <= layout.LINE_LENGTH else layout.exploded("__slots__ = (", items, ")", indent=indent)
    )
