"""The contenders: what each installs, how its code is generated, and how its messages are used."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from types import SimpleNamespace
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent.parent

TYPES = (
    "Backup",
    "Config",
    "DataServiceDeploymentMetaData",
    "ListBackupsResponse",
    "Meta",
    "PageBasedPaginationResponse",
    "Reference",
    "References",
    "Status",
)


@dataclass(frozen=True)
class Contender:
    """One implementation.

    Attributes:
        title: what tables call it.
        adapter: key of :data:`ADAPTERS`.
        requirements: what pip installs into its environment.
        removed: what pip removes again.
        plugin: name of its protoc plugin; empty for protoc's own Python.
        option: options of the plugin.
        package: directory that its output needs around it.
        environment: variables of the process that is measured.
        compiled: whether the generated codec is compiled with mypyc.
    """

    title: str
    adapter: str
    requirements: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    plugin: str = ""
    option: str = ""
    package: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    compiled: bool = False


OURS = ("mypy>=1.15", "setuptools")

CONTENDERS: dict[str, Contender] = {
    "upb": Contender("google.protobuf (upb)", "google", ("protobuf",)),
    "google-pure": Contender(
        "google.protobuf (pure Python)",
        "google",
        ("protobuf",),
        environment={"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "python"},
    ),
    "protobuf-py": Contender("protobuf-py (Rust)", "protobuf_py", ("protobuf-py", "protoc-gen-py"), plugin="py"),
    "protobuf-py-pure": Contender(
        "protobuf-py (pure Python)",
        "protobuf_py",
        ("protobuf-py", "protoc-gen-py"),
        removed=("protobuf-py-ext",),
        plugin="py",
    ),
    "betterproto-1": Contender(
        "betterproto 1.2.5", "betterproto", ("betterproto[compiler]==1.2.5",), plugin="python_betterproto"
    ),
    "betterproto-2": Contender(
        "betterproto 2.0.0b7", "betterproto", ("betterproto[compiler]==2.0.0b7",), plugin="python_betterproto"
    ),
    "betterproto2": Contender(
        "betterproto2",
        "betterproto2",
        ("betterproto2", "betterproto2_compiler"),
        plugin="python_betterproto2",
        package="peer",
    ),
    "pds": Contender("protoc-gen-pds", "pds", OURS, plugin="pds", option="package=pds,emit=models"),
    "pds-compiled": Contender(
        "protoc-gen-pds, codec.py compiled", "pds", OURS, plugin="pds", option="package=pds,emit=models", compiled=True
    ),
}
BASELINE = "upb"


@dataclass(frozen=True)
class Prepared:
    """A contender that is ready to run."""

    name: str
    contender: Contender
    python: Path
    generated: Path

    @property
    def environment(self) -> dict[str, str]:
        """Variables of its processes."""
        return {**os.environ, **self.contender.environment, "PYTHONPATH": f"{self.generated}{os.pathsep}{HERE}"}


def prepare(name: str, cache: Path) -> Prepared:
    """Make the environment of a contender, once, and its generated code, each time.

    Raises:
        subprocess.CalledProcessError: pip, protoc or the plugin failed.
    """
    contender = CONTENDERS[name]
    home = cache / ("-".join(contender.requirements + contender.removed).translate(_FILE_NAME))
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        venv.create(home, with_pip=True, clear=True)
        pip = [python, "-m", "pip", "--disable-pip-version-check", "--quiet"]
        subprocess.run([*pip, "install", *contender.requirements], check=True, stderr=subprocess.DEVNULL)
        if contender.removed:
            subprocess.run([*pip, "uninstall", "--yes", *contender.removed], check=True)
        (home / "ready").touch()
    generated = cache / "generated" / name
    shutil.rmtree(generated, ignore_errors=True)
    generated.mkdir(parents=True)
    prepared = Prepared(name, contender, python, generated)
    _generate(prepared)
    if contender.compiled:
        compile_codec(prepared)
    return prepared


_FILE_NAME = str.maketrans(dict.fromkeys("[]=<>", "_"))


def _generate(prepared: Prepared) -> None:
    from grpc_tools import protoc

    name, out = prepared.contender.plugin or "python", prepared.generated / prepared.contender.package
    out.mkdir(exist_ok=True)
    include = Path(protoc.__file__).parent / "_proto"
    flags = [f"-I{HERE}", f"-I{include}", f"--{name}_out={out}", "backup.proto"]
    if name == "pds":
        script = prepared.generated.parent / "protoc-gen-pds"
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m protoc_gen_pds "$@"\n')
        script.chmod(0o755)
        flags.insert(0, f"--plugin=protoc-gen-pds={script}")
    elif name != "python":
        flags.insert(0, f"--plugin=protoc-gen-{name}={prepared.python.parent / f'protoc-gen-{name}'}")
    if prepared.contender.option:
        flags.insert(0, f"--{name}_opt={prepared.contender.option}")
    # betterproto2's plugin looks for ruff on the path.
    path = os.pathsep.join([str(prepared.python.parent), os.environ["PATH"]])
    subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", *flags],
        check=True,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
    )


COMPILED = ("pds/backup/codec.py", "pds/_runtime/wire.py", "pds/_runtime/wkt_time.py")
"""The generated codec, and what of the runtime it calls for every message."""


def compile_codec(prepared: Prepared) -> None:
    """Compile the generated codec, unchanged, with mypyc, next to its source."""
    subprocess.run(
        [prepared.python.absolute(), "-m", "mypyc", *COMPILED],
        check=True,
        cwd=prepared.generated,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": "", "MYPYPATH": ""},
    )


# -- in the process that is measured ---------------------------------------------------------------


def _types(module: Any, **others: Any) -> SimpleNamespace:
    return SimpleNamespace(**{name: getattr(module, name) for name in TYPES}, **others)


def _seconds(value: Any) -> None:
    value.seconds, value.nanos  # noqa: B018


def _whole(value: Any) -> None:
    """betterproto holds a point in time as one datetime, which the attribute access has read already."""


def google() -> SimpleNamespace:
    """google.protobuf."""
    module = importlib.import_module("backup_pb2")
    from google.protobuf import json_format
    from google.protobuf.timestamp_pb2 import Timestamp

    return _types(
        module,
        COMPLETED=module.Status.COMPLETED,
        timestamp=lambda seconds, nanos: Timestamp(seconds=seconds, nanos=nanos),
        read_timestamp=_seconds,
        decode=lambda cls, data: cls.FromString(data),
        encode=lambda message: message.SerializeToString(),
        to_json=lambda message: json_format.MessageToJson(message, indent=None),
        from_json=lambda cls, text: json_format.Parse(text, cls()),
    )


def protobuf_py() -> SimpleNamespace:
    """Buf's protobuf-py."""
    module = importlib.import_module("backup_pb")
    from protobuf.wkt.google.protobuf.timestamp_pb import Timestamp

    return _types(
        module,
        COMPLETED=module.Status.Phase.COMPLETED,
        timestamp=lambda seconds, nanos: Timestamp(seconds=seconds, nanos=nanos),
        read_timestamp=_seconds,
        decode=lambda cls, data: cls.from_binary(data),
        encode=lambda message: message.to_binary(),
        to_json=lambda message: message.to_json(),
        from_json=lambda cls, text: cls.from_json(text),
    )


def betterproto() -> SimpleNamespace:
    """betterproto 1 and 2."""
    module = importlib.import_module("backup")
    from datetime import datetime

    return _types(
        module,
        COMPLETED=module.StatusPhase.COMPLETED,
        timestamp=lambda seconds, nanos: datetime.fromtimestamp(seconds + nanos / 1e9, UTC),
        read_timestamp=_whole,
        decode=lambda cls, data: cls().parse(data),
        encode=bytes,
        to_json=lambda message: message.to_json(),
        from_json=lambda cls, text: cls().from_json(text),
    )


def betterproto2() -> SimpleNamespace:
    """betterproto2."""
    module = importlib.import_module("peer.backup")
    from datetime import datetime

    return _types(
        module,
        COMPLETED=module.StatusPhase.COMPLETED,
        timestamp=lambda seconds, nanos: datetime.fromtimestamp(seconds + nanos / 1e9, UTC),
        read_timestamp=_whole,
        decode=lambda cls, data: cls.parse(data),
        encode=bytes,
        to_json=lambda message: message.to_json(),
        from_json=lambda cls, text: cls.from_json(text),
    )


def pds() -> SimpleNamespace:
    """What protoc-gen-pds generates."""
    module = importlib.import_module("pds.backup")
    timestamp = importlib.import_module("pds._runtime.wkt").Timestamp

    return _types(
        module,
        COMPLETED=module.Status.Phase.COMPLETED,
        timestamp=lambda seconds, nanos: timestamp(seconds=seconds, nanos=nanos),
        read_timestamp=_seconds,
        decode=lambda cls, data: cls.from_bytes(data),
        encode=lambda message: message.to_bytes(),
        to_json=lambda message: message.to_json(),
        from_json=lambda cls, text: cls.from_json(text),
    )


ADAPTERS: dict[str, Callable[[], SimpleNamespace]] = {
    "google": google,
    "protobuf_py": protobuf_py,
    "betterproto": betterproto,
    "betterproto2": betterproto2,
    "pds": pds,
}

MODULES = {
    "google": "backup_pb2",
    "protobuf_py": "backup_pb",
    "betterproto": "backup",
    "betterproto2": "peer.backup",
    "pds": "pds.backup",
}
"""What a program imports."""
