"""Generates Python from the runner's own .proto files, once, and imports it."""

from __future__ import annotations

import hashlib
import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from runner import CACHE, Runner

ROOT = Path(__file__).parent.parent.parent
PACKAGE = "conformance_models"
STEMS = ("proto2", "proto3", "proto2_editions", "proto3_editions", "edition2023", "edition_unstable")
PROTOS = tuple(f"conformance/messages/test_messages_{stem}.proto" for stem in STEMS)


def generate(runner: Runner, cache: Path = CACHE) -> Path:
    """Generate with protoc and the plugin; the directory to put on ``sys.path``.

    Nothing is done where neither the plugin nor the .proto files have changed since the last time.

    Raises:
        subprocess.CalledProcessError: protoc or the plugin failed; their reasons are on stderr.
    """
    out, stamp = cache / "generated", cache / "generated.stamp"
    wanted = _fingerprint(runner)
    if stamp.exists() and stamp.read_text() == wanted:
        return out
    stamp.unlink(missing_ok=True)
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    plugin = cache / "protoc-gen-pds"
    plugin.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m protoc_gen_pds "$@"\n')
    plugin.chmod(0o755)
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    subprocess.run(
        [
            runner.protoc,
            "--experimental_editions",
            f"-I{runner.include}",
            f"--plugin=protoc-gen-pds={plugin}",
            f"--pds_out={out}",
            f"--pds_opt=package={PACKAGE},emit=models,strip_prefix=conformance/messages",
            *PROTOS,
        ],
        check=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    stamp.write_text(wanted)
    return out


def compile_codecs(directory: Path) -> None:
    """Compile the generated codecs with mypyc, in minutes; nothing is done where that has been done.

    Raises:
        subprocess.CalledProcessError: mypyc or the C compiler failed; their reasons are on stderr.
    """
    sources = [Path(PACKAGE, "_runtime", f"{name}.py") for name in ("wire", "wkt_time")]
    sources += [Path(PACKAGE, f"test_messages_{stem}", "codec.py") for stem in STEMS]
    if all(any((directory / source.parent).glob(f"{source.stem}.*.so")) for source in sources):
        return
    command = [sys.executable, "-m", "mypyc", *map(str, sources)]
    # Not optimised: what counts here are answers, and optimising takes several times as long.
    environment = {**os.environ, "MYPYC_OPT_LEVEL": "0", "MYPYC_DEBUG_LEVEL": "0"}
    subprocess.run(command, cwd=directory, check=True, stdout=subprocess.DEVNULL, env=environment)


def _fingerprint(runner: Runner) -> str:
    """A digest of everything that the generated code is made from."""
    digest = hashlib.sha256(sys.version.encode())
    sources = [*(ROOT / "protoc_gen_pds").rglob("*.py"), *(ROOT / "templates").rglob("*.j2")]
    for path in sorted([*sources, *(runner.include / name for name in PROTOS)]):
        digest.update(f"{path}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def message_classes(directory: Path) -> dict[str, Any]:
    """Import the generated models; their message classes by full protobuf name."""
    sys.path.insert(0, str(directory))
    for stem in STEMS:
        importlib.import_module(f"{PACKAGE}.test_messages_{stem}")
    registry = importlib.import_module(f"{PACKAGE}._runtime.registry")
    return dict(registry._MESSAGES)
