"""The contenders: each gives a check that returns what is wrong, and the same message twice, valid and not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import files as installed_files
from pathlib import Path
from typing import Annotated, Any, Literal

HERE = Path(__file__).parent

VALID: dict[str, Any] = {
    "id": "acc-12345",
    "email": "ada@example.org",
    "name": "Ada Lovelace",
    "age": 36,
    "score": 0.5,
    "country": "GB",
    "tags": ["a", "b", "c"],
    "balance": 100,
    "currency": "EUR",
    "active": True,
}
INVALID: dict[str, Any] = {
    "id": "x",
    "email": "nobody",
    "name": "7",
    "age": -1,
    "score": 2.0,
    "country": "GBR",
    "tags": ["a", ""],
    "balance": -5,
    "currency": "XXX",
    "active": False,
}


@dataclass(frozen=True)
class Contender:
    """One implementation.

    Attributes:
        title: what tables call it.
        check: what is wrong with a message: a list of ten, or an empty one.
        valid: a message that breaks no rule.
        invalid: one that breaks all ten.
    """

    title: str
    check: Callable[[Any], Any]
    valid: Any
    invalid: Any


def contenders(work: Path) -> dict[str, Contender]:
    """All of them; their code is generated below the directory."""
    sys.path.insert(0, str(work))
    validate_proto = _validate_proto(work)
    ours = _ours(validate_proto, work)
    found = {
        "pds": ours,
        "pds-paths": _with_paths(ours),
        "protovalidate": _protovalidate(validate_proto, work),
        "protovalidate-py": _protovalidate_on_protobuf_py(validate_proto, work),
        "protoc-gen-validate": _protoc_gen_validate(work),
        "pydantic": _pydantic(),
    }
    for one in found.values():
        assert not one.check(one.valid), one.title
        assert len(one.check(one.invalid)) == 10, (one.title, one.check(one.invalid))
    return found


def _protoc(*arguments: object) -> None:
    command = [sys.executable, "-m", "grpc_tools.protoc", *map(str, arguments)]
    subprocess.run(command, check=True)


def _validate_proto(work: Path) -> Path:
    """buf/validate/validate.proto with its imports, as descriptors, from the installed protovalidate."""
    from protoc_gen_pds.rules.validate_proto import file_set

    files = file_set()
    assert files is not None
    path = work / "validate.binpb"
    path.write_bytes(files.SerializeToString())
    return path


def _descriptors(work: Path, name: str, *arguments: object) -> list[Any]:
    """The descriptors of a .proto file and its imports."""
    from google.protobuf import descriptor_pb2

    out = work / f"{name}.binpb"
    _protoc(f"-I{HERE}", *arguments, f"--descriptor_set_out={out}", "--include_imports", f"{name}.proto")
    return list(descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file)


def _google_class(files: list[Any], name: str) -> Any:
    from google.protobuf import descriptor_pool, message_factory

    pool = descriptor_pool.Default()
    for file in files:
        try:
            pool.FindFileByName(file.name)
        except KeyError:
            pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


def _ours(validate_proto: Path, work: Path) -> Contender:
    from google.protobuf.compiler import plugin_pb2

    from protoc_gen_pds import plugin

    request = plugin_pb2.CodeGeneratorRequest(
        proto_file=_descriptors(work, "account", f"--descriptor_set_in={validate_proto}"),
        file_to_generate=["account.proto"],
        parameter="emit=validators,package=bench_ours",
    )
    response = plugin.respond(request)
    assert not response.error, response.error
    for file in response.file:
        target = work / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.content)
    from bench_ours.account import Account, violations  # type: ignore[import-not-found]

    return Contender("protoc-gen-pds", violations, Account(**VALID), Account(**INVALID))


def _with_paths(ours: Contender) -> Contender:
    def check(value: Any) -> Any:
        return [(found.field, found.rule, found.rule_id, found.message) for found in ours.check(value)]

    return Contender("protoc-gen-pds, every path read", check, ours.valid, ours.invalid)


def _protovalidate(validate_proto: Path, work: Path) -> Contender:
    import protovalidate

    files = _descriptors(work, "account", f"--descriptor_set_in={validate_proto}")
    account = _google_class(files, "bench.validate.Account")
    title = "protovalidate, google.protobuf messages"
    return Contender(title, protovalidate.collect_violations, account(**VALID), account(**INVALID))


def _protovalidate_on_protobuf_py(validate_proto: Path, work: Path) -> Contender:
    import protovalidate

    plugin = f"--plugin=protoc-gen-py={Path(sys.executable).parent / 'protoc-gen-py'}"
    inputs = (f"-I{HERE}", f"--descriptor_set_in={validate_proto}")
    package = work / "bench_protobuf_py"
    package.mkdir()
    _protoc(*inputs, plugin, f"--py_out={package}", "account.proto", "buf/validate/validate.proto")
    from bench_protobuf_py.account_pb import Account  # type: ignore[import-not-found]

    title = "protovalidate, protobuf-py messages"
    return Contender(title, protovalidate.collect_violations, Account(**VALID), Account(**INVALID))


def _protoc_gen_validate(work: Path) -> Contender:
    from protoc_gen_validate.validator import ValidationFailed, validate_all

    # Its wheel carries validate.proto, outside of the package.
    listed = installed_files("protoc-gen-validate") or []
    source = next(Path(str(file.locate())) for file in listed if file.name == "validate.proto")
    target = work / "validate" / "validate.proto"
    target.parent.mkdir()
    target.write_bytes(source.read_bytes())
    files = _descriptors(work, "account_pgv", f"-I{work}")
    account = _google_class(files, "bench.pgv.Account")

    def check(value: Any) -> Any:
        try:
            validate_all(value)
        except ValidationFailed as error:
            return str(error).splitlines()
        return []

    return Contender("protoc-gen-validate, google.protobuf messages", check, account(**VALID), account(**INVALID))


def _pydantic() -> Contender:
    from pydantic import BaseModel, Field, ValidationError

    class Account(BaseModel):
        """The same rules; its e-mail is a pattern, and it makes an object from a dict."""

        id: Annotated[str, Field(min_length=3, max_length=40)]
        email: Annotated[str, Field(pattern=r"^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9.-]+$")]
        name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z ]{0,62}$")]
        age: Annotated[int, Field(ge=0, le=150)]
        score: Annotated[float, Field(ge=0, le=1)]
        country: Annotated[str, Field(min_length=2, max_length=2)]
        tags: Annotated[list[Annotated[str, Field(min_length=1)]], Field(max_length=8)]
        balance: Annotated[int, Field(ge=0)]
        currency: Literal["EUR", "USD", "INR"]
        active: Literal[True]

    def check(value: dict[str, Any]) -> Any:
        try:
            Account.model_validate(value)
        except ValidationError as error:
            return error.errors()
        return []

    return Contender("pydantic, from a dict", check, VALID, INVALID)
