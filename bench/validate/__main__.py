"""Time of validating one message with ten rules: ours, protovalidate and pydantic.

    python -m bench.validate FDSET

FDSET is a FileDescriptorSet that holds buf/validate/validate.proto with its imports.
"""

from __future__ import annotations

import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

HERE = Path(__file__).parent
ROUNDS, CALLS = 15, 2000

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


def descriptors(path: Path) -> list[Any]:
    """The descriptors of account.proto and its imports."""
    from google.protobuf import descriptor_pb2
    from grpc_tools import protoc

    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory, "out.binpb")
        arguments = ["protoc", f"-I{HERE}", f"--descriptor_set_in={path}", f"--descriptor_set_out={out}"]
        if protoc.main([*arguments, "--include_imports", "account.proto"]):
            raise SystemExit(1)
        return list(descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file)


def ours(files: list[Any], root: str) -> tuple[Callable[[Any], Any], Any, Any]:
    """Generated dataclasses and their checks."""
    from google.protobuf.compiler import plugin_pb2

    from protoc_gen_pds import plugin

    request = plugin_pb2.CodeGeneratorRequest(
        proto_file=files, file_to_generate=["account.proto"], parameter="emit=validators,package=bench_ours"
    )
    for file in plugin.respond(request).file:
        target = Path(root, file.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.content)
    sys.path.insert(0, root)
    from bench_ours.account import Account, violations  # type: ignore[import-not-found]

    return violations, Account(**VALID), Account(**INVALID)


def protovalidate(files: list[Any]) -> tuple[Callable[[Any], Any], Any, Any]:
    """Protovalidate on google.protobuf messages."""
    import protovalidate as peer
    from google.protobuf import descriptor_pool, message_factory

    pool = descriptor_pool.Default()
    for file in files:
        try:
            pool.FindFileByName(file.name)
        except KeyError:
            pool.AddSerializedFile(file.SerializeToString())
    account = message_factory.GetMessageClass(pool.FindMessageTypeByName("bench.validate.Account"))
    return peer.collect_violations, account(**VALID), account(**INVALID)


def pydantic() -> tuple[Callable[[Any], Any], Any, Any]:
    """A pydantic model with the same rules, from a dict; its e-mail is a pattern."""
    from pydantic import BaseModel, Field, ValidationError

    class Account(BaseModel):
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

    return check, VALID, INVALID


def microseconds(check: Callable[[Any], Any], value: Any) -> float:
    """Time of one call, the best of several."""
    started = time.process_time()
    for _ in range(CALLS):
        check(value)
    return (time.process_time() - started) / CALLS * 1e6


def main() -> None:
    """Measure and print a table."""
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    files = descriptors(Path(sys.argv[1]))
    with tempfile.TemporaryDirectory() as root:
        generated = ours(files, root)

        def with_paths(value: Any) -> Any:
            return [(found.field, found.rule, found.rule_id, found.message) for found in generated[0](value)]

        contenders = {
            "protoc-gen-pds": generated,
            "protoc-gen-pds, every path read": (with_paths, *generated[1:]),
            "protovalidate (google.protobuf)": protovalidate(files),
            "pydantic": pydantic(),
        }
        for name, (check, valid, invalid) in contenders.items():
            assert not check(valid), name
            assert len(check(invalid)) == 10, (name, len(check(invalid)))
        gc.disable()
        times: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in contenders}
        for _ in range(ROUNDS):
            for name, (check, valid, invalid) in contenders.items():
                times[name][0].append(microseconds(check, valid))
                times[name][1].append(microseconds(check, invalid))
    base = times["protovalidate (google.protobuf)"]
    print(f"{'':34}{'valid us':>10}{'ratio':>8}{'10 broken us':>14}{'ratio':>8}")
    for name, (good, bad) in times.items():
        a, b = statistics.median(good), statistics.median(bad)
        shares = a / statistics.median(base[0]), b / statistics.median(base[1])
        print(f"{name:34}{a:10.1f}{shares[0]:8.2f}{b:14.1f}{shares[1]:8.2f}")


if __name__ == "__main__":
    main()
