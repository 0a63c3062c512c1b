"""models.py: what messages, enums, oneofs and extensions look like in Python, over the whole language."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import inspect
import pickle
import subprocess
import sys
import time
import typing
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import support
from portworx.pds.backup.apiv1.backup import Backup, ListBackupsResponse
from support import PROTOS, run_plugin

PACKAGE = "models_under_test"
DIRECTORY = PROTOS / "models"
SCRIPTS = Path(sys.executable).parent
Load = Callable[[str], ModuleType]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    names = sorted(path.relative_to(DIRECTORY).as_posix() for path in DIRECTORY.rglob("*.proto"))
    root = support.write_tree(
        run_plugin(names, f"package={PACKAGE},emit=models", DIRECTORY), tmp_path_factory.mktemp("models")
    )
    sys.path.insert(0, str(root))
    yield root
    sys.path.remove(str(root))
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture
def load(tree: Path) -> Load:
    return lambda module: importlib.import_module(f"{PACKAGE}.{module}")


@pytest.fixture
def written(tree: Path) -> list[str]:
    """The files made from .proto files, without the runtime."""
    return [str(path) for path in sorted(tree.rglob("*.py")) if "_runtime" not in path.parts]


def classes(module: ModuleType) -> Iterator[Any]:
    """Every message class of a module."""
    runtime = importlib.import_module(f"{PACKAGE}._runtime.message")
    waiting: list[Any] = [module]
    while waiting:
        for value in vars(waiting.pop()).values():
            if isinstance(value, type) and value.__module__ == module.__name__ and value not in waiting:
                nested = [v for v in vars(value).values() if isinstance(v, type) and v.__module__ == module.__name__]
                waiting.extend([value] if nested else [])
                if issubclass(value, runtime.Message):
                    yield value


MODULES = ["comments", "deprecations", "editions", "hostile", "kinds", "legacy", "odd._1", "public.top"]


@pytest.mark.parametrize("module", MODULES)
def test_every_message_can_be_made_shown_copied_and_compared(load: Load, module: str) -> None:
    checked = 0
    for cls in classes(load(f"{module}.models")):
        message = cls()
        assert repr(message) == f"{cls.__qualname__}()"
        assert message == cls()
        assert message.copy() == message
        assert message is not message.copy()
        assert message != object()
        checked += 1
    assert checked


@pytest.mark.parametrize("module", MODULES)
def test_every_annotation_resolves(load: Load, module: str) -> None:
    for cls in classes(load(f"{module}.models")):
        hints = typing.get_type_hints(cls)
        assert set(cls._fields) <= set(hints)
        parameters = inspect.signature(cls.__init__).parameters
        assert list(parameters)[1:] == list(cls._fields)
        assert all(p.kind is p.KEYWORD_ONLY for p in list(parameters.values())[1:])
        typing.get_type_hints(cls.__init__)


@pytest.mark.parametrize("module", MODULES)
def test_every_message_is_a_dataclass(load: Load, module: str) -> None:
    for cls in classes(load(f"{module}.models")):
        assert dataclasses.is_dataclass(cls)
        assert tuple(field.name for field in dataclasses.fields(cls)) == cls._fields
        message = cls()
        assert dataclasses.replace(message) == message
        assert set(dataclasses.asdict(message)) == set(cls._fields)


def test_the_table_of_a_dataclass_is_made_when_it_is_asked_for() -> None:
    files = run_plugin({"a.proto": 'syntax = "proto3"; message A { string x = 1; }'}, "package=lazy_table,emit=models")
    assert "dataclasses" not in files["lazy_table/a/models.py"]
    assert "@dataclass\nclass A(" in files["lazy_table/a/models.py"]


def test_presence(load: Load) -> None:
    kinds = load("kinds.models")
    scalars = kinds.Scalars()
    assert (scalars.a_double, scalars.an_int64, scalars.a_bool) == (0.0, 0, False)
    assert (scalars.a_string, scalars.some_bytes) == ("", b"")
    assert scalars.a_kind is kinds.Kind.KIND_UNSPECIFIED
    assert scalars.nested is None
    assert [getattr(scalars, f"maybe_{kind}") for kind in ("double", "bool", "string", "bytes", "kind")] == [None] * 5
    editions = load("editions.models").Everything()
    assert (editions.implicit, editions.explicit, editions.required) == ("", None, None)
    assert editions.closed is None
    assert editions.with_default is None
    assert editions.with_default_or_default == "x"


def test_unknown_names_and_attributes_are_refused(load: Load) -> None:
    scalars = load("kinds.models").Scalars
    with pytest.raises(TypeError):
        scalars(nope=1)
    with pytest.raises(TypeError):
        scalars(1.0)
    with pytest.raises(AttributeError):
        scalars().nope = 1


def test_what_is_set_is_shown(load: Load) -> None:
    models = load("kinds.models")
    shown = repr(models.Scalars(maybe_double=0.0, maybe_string="", maybe_kind=models.Kind.KIND_UNSPECIFIED))
    assert shown == "Scalars(maybe_double=0.0, maybe_string='', maybe_kind=<Kind.KIND_UNSPECIFIED: 0>)"
    assert repr(models.Scalars(a_bool=True, nested=models.Scalars())) == "Scalars(a_bool=True, nested=Scalars())"
    assert repr(models.A(e=models.A.B.C.D.E(3))) == "A(e=<E.3: 3>)"


def test_redacted_fields_are_not_shown(load: Load) -> None:
    login = load("kinds.models").Login
    message = login(class_="secret", spare_codes_that_were_printed_for_the_day_on_which_it_is_lost=["secret"], pin=0)
    assert repr(message) == (
        "Login(class_=[REDACTED], spare_codes_that_were_printed_for_the_day_on_which_it_is_lost=[REDACTED],"
        " pin=[REDACTED])"
    )
    assert repr(login()) == "Login()"
    assert repr(login(user="me", other=login(keys={"secret": b""}))) == "Login(user='me', other=Login(keys=[REDACTED]))"
    assert repr(login(proof=login.Token("secret"))) == "Login(proof=Login.Token([REDACTED]))"
    assert repr(login(proof=login.Number(7))) == "Login(proof=Login.Number(7))"
    assert [f.name for f in dataclasses.fields(login) if f.repr] == ["user", "other", "proof"]
    for text in (message.to_json(), message.to_text(), str(message.to_dict())):
        assert text.count("secret") == 2
    assert login.from_bytes(message.to_bytes()) == message

    class Own(login):  # type: ignore[misc, valid-type]
        __slots__ = ()

    assert "secret" not in repr(Own(class_="secret"))


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"class_": b"secret"}, "class_"),
        ({"class_": "secret\ud800"}, "class_"),
        ({"spare_codes_that_were_printed_for_the_day_on_which_it_is_lost": [b"secret"]}, "spare_codes"),
        ({"pin": "secret"}, "pin"),
        ({"keys": {"secret": "secret"}}, "keys"),
        ({"proof": "secret"}, "proof"),
    ],
)
def test_errors_do_not_show_redacted_fields(load: Load, wrong: dict[str, Any], path: str) -> None:
    login, errors = load("kinds.models").Login, load("_runtime.errors")
    for message in (login(**wrong), login(other=login(**wrong))):
        for write in (message.to_bytes, message.to_json):
            with pytest.raises(errors.EncodeError) as caught:
                write()
            assert path in caught.value.path
            assert "secret" not in str(caught.value)
            assert "debug_redact" in str(caught.value)
    with pytest.raises(errors.EncodeError, match="shown"):
        login(user=b"shown").to_bytes()


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"class": 5}, "class"),
        ({"pin": "secret"}, "pin"),
        ({"keys": {"secret": "?"}}, "keys"),
        ({"keys": {"secret": 5}}, "keys"),
        ({"token": 5}, "token"),
    ],
)
def test_errors_of_json_do_not_show_redacted_fields(load: Load, value: dict[str, Any], path: str) -> None:
    login, errors = load("kinds.models").Login, load("_runtime.errors")
    for whole, where in ((value, path), ({"other": value}, f"other.{path}")):
        with pytest.raises(errors.DecodeError) as caught:
            login.from_dict(whole)
        assert caught.value.path == where
        assert "secret" not in str(caught.value)
        assert "debug_redact" in str(caught.value)


def test_lists_and_maps_are_fresh_or_given(load: Load) -> None:
    kinds = load("kinds.models")
    assert kinds.Maps().by_string == {}
    assert kinds.Maps().by_string is not kinds.Maps().by_string
    given: dict[str, Any] = {}
    assert kinds.Maps(by_string=given).by_string is given
    values: list[Any] = []
    assert kinds.WellKnown(values=values).values is values


def test_types_of_maps_and_well_known_types(load: Load) -> None:
    models = load("kinds.models")
    hints = {name: inspect.get_annotations(models.Maps)[name] for name in models.Maps._fields}
    assert hints["by_int32"] == "dict[int, float]"
    assert hints["by_bool"] == "dict[bool, int]"
    assert hints["by_fixed32"] == "dict[int, Kind]"
    assert hints["by_sfixed32"] == "dict[int, Timestamp]"
    assert hints["by_sfixed64"] == "dict[int, JsonValue]"
    assert hints["by_string"] == "dict[str, dict[str, JsonValue]]"
    hints = inspect.get_annotations(models.WellKnown)
    assert hints["timestamp"] == "Timestamp | None"
    assert hints["value"] == "JsonValue"
    assert hints["struct"] == "dict[str, JsonValue] | None"
    assert hints["list_value"] == "list[JsonValue] | None"
    assert hints["null_value"] == "NullValue"
    assert hints["string_value"] == "str | None"
    assert hints["strings"] == "list[str]"
    assert hints["choice"] == "WellKnown.Choice | None"


def test_oneofs(load: Load) -> None:
    models = load("kinds.models")
    message = models.WellKnown()
    assert message.choice is None
    assert message.wrapped is None
    assert message.which_one_of("choice") == ("", None)
    message.choice = models.WellKnown.Wrapped(True)
    assert message.wrapped is True
    assert message.at is None
    assert message.which_one_of("choice") == ("wrapped", True)
    assert message.choice == models.WellKnown.Wrapped(True)
    assert message.choice != models.WellKnown.Anything(True)
    assert repr(message) == "WellKnown(choice=WellKnown.Wrapped(True))"
    match message.choice:
        case models.WellKnown.Wrapped(value):
            assert value is True
        case _:
            pytest.fail("no match")
    with pytest.raises(AttributeError):
        message.wrapped = False


def test_nested_message_named_like_a_member(load: Load) -> None:
    members = load("hostile.models").Members
    assert members.NameSemanticVersion._full_name == "hostile.Members.NameSemanticVersion"
    member = members.NameSemanticVersion_(members.NameSemanticVersion(name="a"))
    message = members(get_by=member)
    assert message.name_semantic_version.name == "a"
    assert message.nameSemanticVersion is None
    assert members(get_by=members.NameSemanticVersion__("x")).nameSemanticVersion == "x"


def test_open_enums_keep_unknown_numbers(load: Load) -> None:
    kind = load("kinds.models").Kind
    assert kind(1) is kind.KIND_OTHER
    assert kind.KIND_DEFAULT is kind.KIND_UNSPECIFIED
    assert kind(-(2**31)) is kind.KIND_NEGATIVE
    unknown = kind(7)
    assert isinstance(unknown, kind)
    assert (unknown, unknown.name, unknown.value, hash(unknown)) == (7, "7", 7, hash(7))
    assert unknown == kind(7)
    assert pickle.loads(pickle.dumps(unknown)) == unknown
    assert copy.deepcopy(unknown) == unknown
    assert 7 not in kind._value2member_map_
    assert len(kind) == 3
    for outside in (2**31, -(2**31) - 1, "x", 1.5):
        with pytest.raises(ValueError, match="is not a valid"):
            kind(outside)


def test_closed_enums_refuse_unknown_numbers(load: Load) -> None:
    color = load("legacy.models").Color
    assert color.CRIMSON is color.RED
    assert color(-2) is color.BLUE
    with pytest.raises(ValueError, match="7 is not a valid"):
        color(7)


def test_enum_names(load: Load) -> None:
    values = load("hostile.models").Values
    assert {name: value.value for name, value in values.__members__.items()}["None_"] == 5
    assert values.mro_ == 1
    assert values.name_.name == "name_"
    assert values.value__ignore_ == 8
    assert values.mro()[0] is values


def test_declared_defaults(load: Load) -> None:
    models = load("legacy.models")
    message = models.Defaults()
    assert message.text is None
    assert message.text_or_default_ == 'a "quoted" \\ text'
    assert message.data_or_default == b"\x00\xffab\n'"
    assert message.number_or_default == -42
    assert message.big_or_default == 2**64 - 1
    assert message.ratio_or_default == 1.5
    assert message.infinite_or_default == float("inf")
    assert message.below_or_default == -float("inf")
    assert message.undefined_or_default != message.undefined_or_default
    assert message.flag_or_default is True
    assert message.color_or_default is models.Color.BLUE
    assert message.shade_or_default is models.Defaults.Shade.DARK
    assert not hasattr(message, "none_or_default")
    message.number = 0
    assert message.number_or_default == 0


def test_groups_are_messages(load: Load) -> None:
    task = load("legacy.models").Task
    message = task(
        result=task.Result(output="x"), step=[task.Step(name="a")], outcome=task.Failure_(task.Failure(code=1))
    )
    assert message.result.output == "x"
    assert message.failure.code == 1


def test_extensions_are_typed_keys(load: Load) -> None:
    models = load("legacy.models")
    registry = importlib.import_module(f"{PACKAGE}._runtime.registry")
    assert models.priority.number == 100
    assert models.priority.full_name == "legacy.priority"
    assert registry.find_extension("legacy.Task.next") is models.Task.next
    assert registry.find_extension_by_number("legacy.Task", 102) is models.note
    assert registry.find_extension("legacy.annotations") is models.annotations_
    task = models.Task()
    assert not models.priority.has(task)
    assert models.priority.get(task) is None
    assert models.labels.get(task) == []
    # 100: varint 5, 101: "a", 101: "b", and a field that nobody knows.
    task._unknown = b"\xa0\x06\x05\xaa\x06\x01a\xaa\x06\x01b\xf8\x3e\x01"
    assert models.priority.has(task)
    models.priority.clear(task)
    assert task._unknown == b"\xaa\x06\x01a\xaa\x06\x01b\xf8\x3e\x01"
    with pytest.raises(TypeError, match=r"extends legacy\.Task"):
        models.priority.has(models.Note())


def test_custom_options_make_no_code(load: Load) -> None:
    files = run_plugin(
        {
            "options.proto": 'syntax = "proto3"; package o; import "google/protobuf/descriptor.proto";'
            "extend google.protobuf.FieldOptions { string mine = 50000; }"
        },
        "package=custom_options,emit=models",
    )
    assert "mine" not in files["custom_options/options/models.py"]


def test_deprecation_is_marked(load: Load) -> None:
    models = load("deprecations.models")
    assert models.Old.__deprecated__ == "Old is deprecated"
    assert models.OldKind.__deprecated__ == "OldKind is deprecated"
    assert models.Current.OldChoice.__deprecated__
    assert models.Current.old_choice.fget.__deprecated__
    hints = typing.get_type_hints(models.Current, include_extras=True)
    assert hints["old_name"].__metadata__ == ("deprecated",)
    assert typing.get_type_hints(models.Current)["old_name"] is str
    assert not hasattr(models.Current, "__deprecated__")
    models.Current(old_name="works", choice=models.Current.OldChoice(models.Old()))


def test_comments_are_docstrings(load: Load) -> None:
    models = load("comments.models")
    assert models.Quotes.__doc__ == '""" Starts and ends with quotes """'
    assert models.Linted.__doc__ == "Message comments.Linted."
    assert "An indented line." in models.Blocks.__doc__
    source = inspect.getsource(models)
    assert "api-linter" not in source
    assert "Kept too." in source
    assert "A trailing comment." in source
    assert "Trailing is not needed" not in source


def test_odd_file_names(load: Load) -> None:
    one = load("odd._1.models").One()
    assert typing.get_type_hints(type(one))["dash"] == load("odd.a_b").Dash | None
    assert typing.get_type_hints(type(one))["dot"] == load("odd.a__b").Dot | None
    assert load("odd.class_").Klass()._full_name == "Klass"
    assert load("odd.empty.models").__doc__ == "Messages and enums of package odd.empty."


def test_public_imports_are_offered(load: Load) -> None:
    top, base = load("public.top"), load("public.base")
    assert top.Base is base.Base
    assert top.Level is base.Level
    assert top.Middle is load("public.middle").Middle
    assert top.Shadowed is not base.Shadowed
    assert set(top.__all__) == {"Base", "Level", "Middle", "Shadowed"}


def test_names_of_modules_are_not_hidden_by_messages(load: Load) -> None:
    package = load("hostile")
    assert isinstance(package.models, ModuleType)
    assert package.models.models._full_name == "hostile.models"
    assert "codec" not in package.__all__
    assert package.lazy._full_name == "hostile.lazy"
    with pytest.raises(AttributeError):
        package.nope  # noqa: B018


def test_replacing_keeps_unknown_fields(load: Load) -> None:
    models = load("kinds.models")
    message = models.Scalars(a_string="x")
    message._unknown = b"\xf8\x3e\x01"
    twin = message.__replace__(an_int32=3)
    assert (twin.a_string, twin.an_int32, twin._unknown) == ("x", 3, b"\xf8\x3e\x01")
    with pytest.raises(TypeError, match="has no field 'nope'"):
        message.__replace__(nope=1)
    assert message != models.Scalars(a_string="x")


def test_copies_are_deep(load: Load) -> None:
    models = load("kinds.models")
    message = models.Maps(by_fixed64={1: models.Scalars(a_string="x")}, by_string={"a": {"b": [1]}})
    for twin in (message.copy(), copy.deepcopy(message), pickle.loads(pickle.dumps(message))):
        assert twin == message
        twin.by_fixed64[1].a_string = "y"
        twin.by_string["a"]["b"].append(2)
        assert message.by_fixed64[1].a_string == "x"
        assert message.by_string == {"a": {"b": [1]}}


def test_messages_are_not_hashable(load: Load) -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(load("kinds.models").Scalars())


def test_generated_code_is_clean(tree: Path, written: list[str]) -> None:
    models = [path for path in written if Path(path).name in ("models.py", "__init__.py")]
    assert len(models) > 25
    for command in (
        ["format", "--isolated", "--check"],
        ["check", "--isolated", "--extend-select", "I"],
    ):
        result = subprocess.run([str(SCRIPTS / "ruff"), *command, *models], capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr


def test_output_is_the_same_from_every_run() -> None:
    names = ["hostile.proto", "legacy.proto"]
    parameter = "package=again,emit=models"
    together = run_plugin(names, parameter, DIRECTORY)
    apart: dict[str, str] = {}
    for name in names:
        apart |= run_plugin([name], parameter, DIRECTORY)
    assert together == apart


def _filled(message: Any, depth: int = 2) -> Any:
    """A dynamic message of google.protobuf with every field set, the last member of each oneof."""
    for field in message.DESCRIPTOR.fields:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            target, key, value = getattr(message, field.name), *field.message_type.fields
            if value.message_type is None:
                target[_value(key)] = _value(value)
            elif depth > 0:
                _filled(target[_value(key)], depth - 1)
        elif field.message_type is not None:
            if depth > 0 or field.is_required:
                target = getattr(message, field.name)
                made = target.add() if field.is_repeated else target
                made.SetInParent()
                if field.message_type.file.name != "google/protobuf/any.proto":
                    _filled(made, depth - 1)
        elif field.is_repeated:
            getattr(message, field.name).append(_value(field))
        else:
            setattr(message, field.name, _value(field))
    return message


def _value(field: Any) -> Any:
    if field.enum_type is not None:
        return field.enum_type.values[-1].number
    return {"int": 7, "float": 0.5, "bool": True}.get(
        {1: "int", 2: "int", 3: "int", 4: "int", 5: "float", 6: "float", 7: "bool"}.get(field.cpp_type, ""),
        b"\xff" if field.type == field.TYPE_BYTES else "words",
    )


@pytest.mark.parametrize("module", MODULES)
def test_every_message_round_trips(load: Load, module: str) -> None:
    from google.protobuf import descriptor_pool, json_format, message_factory

    names = sorted(path.relative_to(DIRECTORY).as_posix() for path in DIRECTORY.rglob("*.proto"))
    pool = descriptor_pool.DescriptorPool()
    for file in support.compile_protos(names, DIRECTORY):
        pool.Add(file)
    for cls in classes(load(f"{module}.models")):
        descriptor = pool.FindMessageTypeByName(cls._full_name)
        theirs = _filled(message_factory.GetMessageClass(descriptor)())
        data = theirs.SerializeToString(deterministic=True)
        ours = cls.from_bytes(data)
        assert ours._unknown == b""
        assert message_factory.GetMessageClass(descriptor).FromString(ours.to_bytes()) == theirs
        assert cls.from_bytes(ours.to_bytes()) == ours
        assert ours.to_dict() == json_format.MessageToDict(theirs, descriptor_pool=pool)
        assert cls.from_json(ours.to_json()) == ours
        twin = ours.copy()
        twin.merge_from(cls())
        assert twin == ours


def test_a_copy_does_not_share_the_items_of_a_tuple_that_was_given_for_a_list() -> None:
    backup = Backup()
    made = ListBackupsResponse(backups=(backup,))  # type: ignore[arg-type]
    (twin,) = made.copy().backups
    assert twin == backup
    assert twin is not backup


def test_subclasses_are_read_and_made(load: Load) -> None:
    message_class = load("kinds.models").Scalars

    class Plain(message_class):  # type: ignore[misc, valid-type]
        pass

    @dataclasses.dataclass
    class Wide(message_class):  # type: ignore[misc, valid-type]
        extra: int = 3

    data = message_class(a_string="x").to_bytes() + b"\xf8\x3e\x01"
    for cls in (Plain, Wide):
        for read in (cls.from_bytes(data), cls.FromString(data), cls.from_json('{"aString": "x"}'), cls.from_dict({})):
            assert type(read) is cls
        assert cls.from_bytes(data).to_bytes() == data
        assert type(cls.from_text('a_string: "x"')) is cls
    assert Wide.from_bytes(data).extra == 3
    assert Wide(a_string="x", extra=4).to_bytes() == message_class(a_string="x").to_bytes()


@pytest.mark.parametrize("module", MODULES)
def test_the_table_of_a_dataclass_has_the_defaults_of_the_constructor(load: Load, module: str) -> None:
    for cls in classes(load(f"{module}.models")):
        blank = cls()
        for field in dataclasses.fields(cls):
            made = field.default if field.default is not dataclasses.MISSING else field.default_factory()
            assert made == getattr(blank, field.name)


def test_threads_make_the_table_of_a_dataclass_once(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    cls = next(cls for cls in classes(load("comments.models")) if "__dataclass_fields__" in vars(cls))
    made: list[type] = []
    decorator = dataclasses.dataclass

    def slow(**options: Any) -> Callable[[type], type]:
        def decorate(owner: type) -> type:
            made.append(owner)
            time.sleep(0.05)
            return decorator(**options)(owner)

        return decorate

    # As when the first threads of a process ask for it: others have the lazy table still.
    home = importlib.import_module(f"{PACKAGE}._runtime.message")
    home.dataclass(cls)
    monkeypatch.setattr(dataclasses, "dataclass", slow)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(dataclasses.fields, [cls] * 8))
    assert made == [cls]
    assert len({tuple(field.name for field in table) for table in found}) == 1


def test_well_known_types_are_dataclasses_or_values(load: Load) -> None:
    load("kinds.models")
    wkt = importlib.import_module(f"{PACKAGE}._runtime.wkt")
    for name in ("Any", "Empty", "FieldMask", "StringValue", "Struct", "Value"):
        cls = getattr(wkt, name)
        assert tuple(field.name for field in dataclasses.fields(cls)) == cls._fields
        assert dataclasses.replace(cls()) == cls()
    for cls in (wkt.Timestamp, wkt.Duration):
        assert cls(seconds=1, nanos=2).__replace__(nanos=3) == cls(seconds=1, nanos=3)
