"""Random .proto files: every syntax, kind, label and feature, nasty names, odd numbers, nested types, extensions."""

from __future__ import annotations

from random import Random

SYNTAXES = ("proto2", "proto3", "2023")
SCALARS = (
    "double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32",
    "sfixed64", "bool", "string", "bytes",
)  # fmt: skip
KEYS = tuple(kind for kind in SCALARS if kind not in ("double", "float", "bytes"))
HOMES = {
    "Timestamp": "timestamp",
    "Duration": "duration",
    "FieldMask": "field_mask",
    "Empty": "empty",
    "Any": "any",
    **dict.fromkeys(("Struct", "Value", "ListValue"), "struct"),
    **dict.fromkeys((f"{kind}Value" for kind in ("Double", "Float", "Int64", "UInt64", "Int32")), "wrappers"),
    **dict.fromkeys((f"{kind}Value" for kind in ("UInt32", "Bool", "String", "Bytes")), "wrappers"),
}
"""The well-known types, and the files that they are in."""
WORDS = (
    "self", "cls", "class", "None", "True", "type", "str", "int", "list", "dict", "bytes", "bool", "float",
    "object", "super", "property", "id", "len", "print", "data", "end", "at", "depth", "into", "message", "tag",
    "size", "parts", "part", "append", "value", "values", "key", "keys", "entry", "item", "items", "name",
    "names", "field", "fields", "number", "copy", "parse", "to_bytes", "from_json", "merge_from", "which_one_of",
    "to_text", "codec", "wire", "json", "errors", "models", "_unknown", "__init__", "__slots__", "_", "_x", "x_",
    "x__", "field_", "field__", "m", "v", "w", "u", "t", "n", "a", "b", "c", "pos", "start", "raw", "out", "text",
    "found", "Message", "Member", "Any", "Timestamp", "Fields", "UNSET", "T", "annotations", "match", "case",
    "_type", "Enum", "dataclass", "error", "ValueError", "isinstance", "range", "next", "index", "shift", "byte",
    "import", "from", "def", "lambda", "async", "await", "nonlocal", "global", "cast", "bind", "register",
    "limit", "decode", "encode", "camelCase", "UPPER", "x1", "x_1", "a_b_c", "aB", "default", "defaults", "known",
    "unknown", "obj", "result", "state",
)  # fmt: skip
FILE_FEATURES = {
    "enum_type": ("OPEN", "CLOSED"),
    "field_presence": ("EXPLICIT", "IMPLICIT"),
    "message_encoding": ("LENGTH_PREFIXED", "DELIMITED"),
    "repeated_field_encoding": ("PACKED", "EXPANDED"),
    "utf8_validation": ("VERIFY", "NONE"),
}


class RandomFile:
    """A file that protoc accepts: its text, and the full names of its messages."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self.package = f"random.s{seed}"
        self.syntax = self._random.choice(SYNTAXES)
        self.messages: list[str] = []
        self._open: list[str] = []
        self._closed: list[str] = []
        self._zeroless: list[str] = []
        self._extensible: list[str] = []
        self._known: set[str] = set()
        self._features: dict[str, str] = {}
        self.text = self._file()

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _name(self, taken: set[str]) -> str:
        """A name that no other one of its scope is like, in JSON or without its underscores."""
        while True:
            words = [self._random.choice(WORDS) for _ in range(self._random.choice((1, 1, 2)))]
            name = "_".join(words) if self._chance(0.7) else words[0] + str(self._random.randint(0, 99))
            plain = name.replace("_", "").lower()
            if plain not in taken:
                taken.add(plain)
                return name

    def _file(self) -> str:
        lines = [f"package {self.package};"]
        if self.syntax == "2023":
            names = [name for name in FILE_FEATURES if self._chance(0.25)]
            self._features = {name: self._random.choice(FILE_FEATURES[name]) for name in names}
            lines += [f"option features.{name} = {value};" for name, value in self._features.items()]
        taken: set[str] = set()
        for _ in range(self._random.randint(1, 3)):
            lines += self._enum(self.package, taken)
        # Names first, so that fields may have types that come later.
        outer = [f"M{i}_{self._name(taken)}" for i in range(self._random.randint(2, 4))]
        self.messages += [f"{self.package}.{name}" for name in outer]
        for name in outer:
            lines += self._message(f"{self.package}.{name}", 0)
        for index, extendee in enumerate(self._extensible):
            numbers = range(1000 + 10 * index, 1003 + 10 * index)
            fields = [self._field(taken, number, is_extension=True) for number in numbers]
            lines += [f"extend .{extendee} {{", *fields, "}"]
        head = f'edition = "{self.syntax}";' if self.syntax == "2023" else f'syntax = "{self.syntax}";'
        imports = sorted({f'import "google/protobuf/{HOMES[name]}.proto";' for name in self._known})
        return "\n".join([head, *imports, *lines, ""])

    def _enum(self, scope: str, taken: set[str]) -> list[str]:
        name = f"E_{self._name(taken)}_{len(self._open + self._closed + self._zeroless)}"
        lines = [f"enum {name} {{"]
        closed = self.syntax == "proto2" or self._features.get("enum_type") == "CLOSED"
        if self.syntax == "2023" and not closed and self._chance(0.3):
            lines.append("option features.enum_type = CLOSED;")
            closed = True
        values = {0: f"{name}_ZERO"}
        if closed and self._chance(0.3):
            values = {self._random.randint(1, 9): f"{name}_FIRST"}
        (self._zeroless if 0 not in values else self._closed if closed else self._open).append(f"{scope}.{name}")
        for i in range(self._random.randint(1, 4)):
            number = self._random.choice((1, 2, 3, 127, 128, -1, -(2**31), 2**31 - 1))
            values.setdefault(number, f"{name}_{self._random.choice(('None', 'mro', 'name', 'value', 'A'))}{i}")
        lines += [f"{value} = {number};" for number, value in values.items()]
        if self._chance(0.3):
            lines += ["option allow_alias = true;", f"{name}_ALIAS = {next(reversed(values))};"]
        return [*lines, "}"]

    def _message(self, full_name: str, depth: int) -> list[str]:
        lines = [f"message {full_name.rpartition('.')[2]} {{"]
        taken: set[str] = set()
        if self._chance(0.3):
            lines += self._enum(full_name, taken)
        if depth < 3 and self._chance(0.5):
            inner = f"{full_name}.N{depth}_{self._name(taken)}"
            lines += self._message(inner, depth + 1)
            self.messages.append(inner)
        numbers = self._numbers(self._random.choice((0, 1, 3, 6, 12, 24)))
        while numbers:
            if self._chance(0.15):
                members = [numbers.pop() for _ in range(min(len(numbers), self._random.randint(1, 4)))]
                lines += [f"oneof {self._name(taken)} {{"]
                lines += [self._field(taken, number, is_member=True) for number in members]
                lines += ["}"]
            else:
                lines.append(self._field(taken, numbers.pop()))
        if self.syntax != "proto3" and self._chance(0.5):
            lines.append("extensions 1000 to 2000;")
            self._extensible.append(full_name)
        return [*lines, "}"]

    def _numbers(self, count: int) -> list[int]:
        found: set[int] = set()
        while len(found) < count:
            low, high = self._random.choice(((1, 15), (1, 40), (16, 999), (2001, 18999), (20000, 2**29 - 1)))
            found.add(self._random.randint(low, high))
        return self._random.sample(sorted(found), count)

    def _field(self, taken: set[str], number: int, *, is_member: bool = False, is_extension: bool = False) -> str:
        name, single = self._name(taken), is_member or is_extension
        if self.syntax == "proto2" and self._chance(0.1):
            label = "" if is_member else self._random.choice(("optional", "repeated"))
            inner: set[str] = set()
            body = " ".join(self._field(inner, n) for n in range(1, self._random.randint(1, 4)))
            return f"{label} group G{number}_{name.strip('_')} = {number} {{ {body} }}"
        # The entries of a map "_7" would be called "7Entry", which google.protobuf refuses, though protoc does not.
        if not single and not name.lstrip("_")[:1].isdigit() and self._chance(0.15):
            enums = self._open + ([] if self._features.get("field_presence") == "IMPLICIT" else self._closed)
            return f"map<{self._random.choice(KEYS)}, {self._type(enums)}> {name} = {number};"
        repeated = not is_member and self._chance(0.3)
        if single or repeated or self.syntax != "2023":
            kind = self._type(self._open + ([] if self.syntax == "proto3" else self._closed + self._zeroless))
            presence = ""
        else:
            presence = self._random.choice(("", "", "EXPLICIT", "IMPLICIT", "LEGACY_REQUIRED"))
            implicit = (presence or self._features.get("field_presence")) == "IMPLICIT"
            kind = self._type(self._open + ([] if implicit else self._closed + self._zeroless))
            if self._is_message(kind) and (presence == "IMPLICIT" or not kind.startswith(".google")):
                presence = ""  # A message that needs one of its own type cannot be made.
        label = "repeated" if repeated else ""
        if self.syntax == "proto2" and not is_member and not repeated:
            required = (
                not is_extension and (not self._is_message(kind) or kind.startswith(".google")) and self._chance(0.05)
            )
            label = "required" if required else "optional"
        if self.syntax == "proto3" and not is_member and not repeated and self._chance(0.4):
            label = "optional"
        options = self._options(kind, repeated=repeated)
        options += [f"features.field_presence = {presence}"] if presence else []
        options += [f'json_name = "j{number} \\"é"'] if not is_extension and self._chance(0.05) else []
        suffix = f" [{', '.join(options)}]" if options else ""
        return f"{label} {kind} {name} = {number}{suffix};"

    def _type(self, enums: list[str]) -> str:
        chance = self._random.random()
        if chance < 0.2:
            return "." + self._random.choice(self.messages)
        if chance < 0.35 and enums:
            return "." + self._random.choice(enums)
        if chance < 0.45:
            name = self._random.choice(list(HOMES))
            self._known.add(name)
            return f".google.protobuf.{name}"
        return self._random.choice(SCALARS)

    @staticmethod
    def _is_message(kind: str) -> bool:
        return kind.startswith(".") and (kind.startswith(".google") or not kind.rpartition(".")[2].startswith("E_"))

    def _options(self, kind: str, *, repeated: bool) -> list[str]:
        if repeated and not self._is_message(kind) and kind not in ("string", "bytes") and self._chance(0.4):
            packed = self._chance(0.5)
            if self.syntax == "2023":
                return [f"features.repeated_field_encoding = {'PACKED' if packed else 'EXPANDED'}"]
            return [f"packed = {'true' if packed else 'false'}"]
        if self.syntax == "2023" and self._is_message(kind) and self._chance(0.3):
            return ["features.message_encoding = DELIMITED"]
        if self.syntax == "2023" and kind == "string" and self._chance(0.3):
            return ["features.utf8_validation = NONE"]
        return []
