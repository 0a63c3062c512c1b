"""The contenders: what pip installs for them, what generates their code, which program serves."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
CACHE = ROOT / ".cache" / "bench" / "server"
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from report import BASELINE
from support import PROTO_DIR, include_dirs


@dataclass(frozen=True)
class Contender:
    """One way to serve the API.

    Attributes:
        title: its name in a table.
        program: file in this directory that serves.
        requirements: what pip installs into its environment; the environment of this process where empty.
        plugins: protoc's plugins, with their options.
        versions: packages whose versions are reported.
        arguments: of the program; "uvloop": its event loop, "quiet": no access log.
    """

    title: str
    program: str
    requirements: tuple[str, ...]
    plugins: Mapping[str, str]
    versions: tuple[str, ...]
    arguments: tuple[str, ...] = ()


CONTENDERS = {
    BASELINE: Contender("official aio skeleton, `_pb2`", "official.py", (), {}, ("grpcio", "protobuf")),
    "ours": Contender("protoc-gen-pds: validation, errors and log on", "ours.py", (), {}, ("grpcio",)),
    "ours_quiet": Contender("protoc-gen-pds, access log off", "ours.py", (), {}, ("grpcio",), ("quiet",)),
    "ours_uvloop": Contender(
        "protoc-gen-pds, uvloop: what `serve` takes where it is installed",
        "ours.py",
        (),
        {},
        ("grpcio", "uvloop"),
        ("uvloop",),
    ),
    "official_uvloop": Contender(
        "official aio skeleton, `_pb2`, uvloop", "official.py", (), {}, ("grpcio", "protobuf", "uvloop"), ("uvloop",)
    ),
    "grpc_py": Contender(
        "protoc-gen-grpc-py, protobuf-py (Rust)",
        "grpc_py.py",
        ("grpcio", "protobuf-py", "protoc-gen-py", "protoc-gen-grpc-py"),
        {"py": "", "grpc-py": ""},
        ("grpcio", "protobuf-py", "protoc-gen-grpc-py"),
    ),
    "connectrpc": Contender(
        "connectrpc on hypercorn, protobuf-py (Rust)",
        "connectrpc_asgi.py",
        ("connectrpc", "hypercorn", "protoc-gen-py", "protoc-gen-connectrpc"),
        {"py": "", "connectrpc": ""},
        ("connectrpc", "hypercorn", "protobuf-py"),
    ),
    "betterproto2": Contender(
        "betterproto2 on grpclib",
        "grpclib_betterproto2.py",
        ("betterproto2", "betterproto2-compiler", "grpclib"),
        {"python_betterproto2": "server_generation=async,client_generation=none"},
        ("betterproto2", "grpclib"),
    ),
}


@dataclass(frozen=True)
class Prepared:
    """A contender that can be started."""

    name: str
    contender: Contender
    python: Path
    path: str

    def command(self) -> list[str]:
        return [str(self.python), str(HERE / self.contender.program), *self.contender.arguments]

    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": self.path}

    def versions(self) -> dict[str, str]:
        script = "import sys, importlib.metadata as m; print(*map(m.version, sys.argv[1:]))"
        command = [self.python, "-c", script, *self.contender.versions]
        found = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        return dict(zip(self.contender.versions, found, strict=True))


def prepare(name: str) -> Prepared:
    """Make a contender's environment, once, and its code.

    Raises:
        subprocess.CalledProcessError: pip, protoc or a plugin failed.
    """
    contender = CONTENDERS[name]
    official = contender.program == CONTENDERS[BASELINE].program
    home = CACHE / Path(contender.program).stem
    python = Path(sys.executable)
    if contender.requirements:
        python = home / "venv" / "bin" / "python"
        if not (home / "installed").exists():
            venv.create(home / "venv", with_pip=True, clear=True)
            pip = [python, "-m", "pip", "--disable-pip-version-check", "--quiet"]
            subprocess.run([*pip, "install", *contender.requirements], check=True, stderr=subprocess.DEVNULL)
            (home / "installed").touch()
    peer = home / "peer"
    peer.mkdir(parents=True, exist_ok=True)
    files = [str(path.relative_to(PROTO_DIR)) for path in sorted(PROTO_DIR.rglob("*.proto"))]
    imports = [f"google/api/{name}.proto" for name in ("annotations", "field_behavior", "field_info", "http")]
    paths = [f"-I{path}" for path in (PROTO_DIR, *include_dirs())]
    if official:
        out = [f"--python_out={peer}", f"--grpc_python_out={peer}"]
        subprocess.run([sys.executable, "-m", "grpc_tools.protoc", *paths, *out, *files], check=True)
    for plugin, option in contender.plugins.items():
        program = python.parent / f"protoc-gen-{plugin}"
        flags = [f"--plugin=protoc-gen-{plugin}={program}", f"--{plugin}_out={peer}"]
        if option:
            flags.append(f"--{plugin}_opt={option}")
        needed = [*files, *imports] if plugin == "py" else files
        # betterproto2's plugin looks for ruff on the path.
        environment = {**os.environ, "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
        protoc = Path(sys.executable).parent / "protoc"
        subprocess.run([protoc, *paths, *flags, *needed], check=True, env=environment, stderr=subprocess.DEVNULL)
    path = os.pathsep.join(map(str, (ROOT, ROOT / "generated", peer if official else home)))
    return Prepared(name, contender, python, path)
