"""How long a plugin run takes, and how the time grows with the input: ``python -m bench.generate``.

A run is what protoc or buf starts: a new process, a request on stdin, a response on stdout. Byte code and compiled
templates are cached by a run before the measured ones. Rounds are interleaved, so that a slow moment of the machine
meets everything, and of the rounds the fastest counts. Results go to bench/results/generate.json; the exit status
is 1 where a limit is missed.
"""

from __future__ import annotations

import argparse
import cProfile
import importlib.metadata
import json
import os
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from google.protobuf.compiler import plugin_pb2
from support import backup_request, include_dirs

from bench.generate import inputs
from bench.machine import machine

RESULTS = ROOT / "bench" / "results" / "generate.json"
PLUGIN = (sys.executable, "-m", "protoc_gen_pds")
PROTOC = (sys.executable, "-m", "grpc_tools.protoc")

BARE = "python -c pass"
BACKUP = "backup.proto"
OFFICIAL = "corpus, --python_out --pyi_out"
CORPUS = "corpus, --pds_out"


@dataclass(frozen=True)
class Run:
    """One command that is measured."""

    command: tuple[str, ...]
    data: bytes = b""

    def check(self) -> None:
        """Run once: caches are warm afterwards, and a plugin that answers with an error is found out."""
        output = self._run(subprocess.PIPE)
        if self.data:
            response = plugin_pb2.CodeGeneratorResponse.FromString(output)
            if response.error or not response.file:
                raise SystemExit(f"the plugin answers: {response.error or 'no file'}")

    def seconds(self) -> tuple[float, float]:
        """Of wall time, and of processor time: what a busy machine does not stretch as much."""
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        self._run(subprocess.DEVNULL)
        wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def _run(self, output: int) -> bytes:
        # Without this the variable in the caller's environment would make every run compile all modules anew.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        done = subprocess.run(self.command, input=self.data, stdout=output, check=True, cwd=ROOT, env=environment)
        return done.stdout or b""


@dataclass(frozen=True)
class Ratio:
    """How many times as long one run takes as another, and how many it may."""

    of: str
    to: str
    limit: float


RATIOS = (
    # 0.35 s where a bare interpreter takes 0.02 s.
    Ratio(BACKUP, BARE, 17.5),
    Ratio("400 messages", "100 messages", 4.5),
    Ratio("400 messages, everything", "100 messages, everything", 4.5),
    Ratio("400 files", "100 files", 4.5),
    # The peer with the closest output takes 9.4 times as long as protoc's own generators.
    Ratio(CORPUS, OFFICIAL, 9.4),
)


def runs(directory: Path) -> dict[str, Run]:
    """Everything that is measured, by name."""
    requests = {
        BACKUP: backup_request(),
        "100 messages": inputs.messages(100),
        "400 messages": inputs.messages(400),
        "100 messages, everything": inputs.everything(100, directory),
        "400 messages, everything": inputs.everything(400, directory),
        "100 files": inputs.files(100),
        "400 files": inputs.files(400),
    }
    program = directory / "protoc-gen-pds"
    program.write_text(f'#!/bin/sh\ncd {ROOT}\nexec {" ".join(PLUGIN)} "$@"\n')
    program.chmod(0o755)
    official, ours = directory / "official", directory / "ours"
    official.mkdir()
    ours.mkdir()
    compile_corpus = (*PROTOC, *(f"-I{path}" for path in include_dirs()), *inputs.corpus())
    return {
        BARE: Run((sys.executable, "-c", "pass")),
        **{name: Run(PLUGIN, request.SerializeToString()) for name, request in requests.items()},
        OFFICIAL: Run((*compile_corpus, f"--python_out={official}", f"--pyi_out={official}")),
        CORPUS: Run((*compile_corpus, f"--plugin=protoc-gen-pds={program}", f"--pds_out={ours}")),
    }


def measure(chosen: dict[str, Run], rounds: int) -> dict[str, dict[str, float]]:
    """The fastest of the rounds, by name."""
    for run in chosen.values():
        run.check()
    best: dict[str, dict[str, float]] = {}
    for _ in range(rounds):
        for name, run in chosen.items():
            wall, processor = run.seconds()
            so_far = best.setdefault(name, {"wall": wall, "processor": processor})
            so_far["wall"] = min(so_far["wall"], wall)
            so_far["processor"] = min(so_far["processor"], processor)
    return best


def ratios(seconds: dict[str, dict[str, float]]) -> list[dict[str, str | float]]:
    """Of both times, with the limits."""
    return [
        {
            "of": ratio.of,
            "to": ratio.to,
            **{kind: seconds[ratio.of][kind] / seconds[ratio.to][kind] for kind in ("wall", "processor")},
            "limit": ratio.limit,
        }
        for ratio in RATIOS
    ]


def tables(result: dict[str, object]) -> str:
    """Two tables in Markdown."""
    seconds, found = result["seconds"], result["ratios"]
    assert isinstance(seconds, dict)
    assert isinstance(found, list)
    lines = ["| run | wall, s | processor, s |", "|---|---:|---:|"]
    lines += [f"| {name} | {taken['wall']:.3f} | {taken['processor']:.3f} |" for name, taken in seconds.items()]
    lines += ["", "| ratio | wall | processor | limit |", "|---|---:|---:|---:|"]
    lines += [
        f"| {one['of']} : {one['to']} | {one['wall']:.2f} | {one['processor']:.2f} | {one['limit']} |" for one in found
    ]
    return "\n".join(lines)


def profile() -> None:
    """Print the functions that take most time for 400 messages."""
    from protoc_gen_pds.plugin import respond

    request = inputs.messages(400)
    profiler = cProfile.Profile()
    profiler.runcall(respond, request)
    pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(35)


def imports(count: int) -> None:
    """Print the modules whose own import takes longest in a plugin run."""
    command = [sys.executable, "-X", "importtime", *PLUGIN[1:]]
    data = backup_request().SerializeToString()
    done = subprocess.run(command, input=data, capture_output=True, check=True, cwd=ROOT)
    rows = (line.removeprefix("import time:").split("|") for line in done.stderr.decode().splitlines()[1:])
    found = sorted(((int(own) / 1000, name.strip()) for own, _, name in rows if own.strip().isdigit()), reverse=True)
    print(f"{len(found)} modules, {sum(taken for taken, _ in found):.0f} ms under -X importtime; slowest:")
    for taken, name in found[:count]:
        print(f"  {taken:6.1f} ms  {name}")


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--profile", action="store_true", help="profile a run of 400 messages instead")
    parser.add_argument("--imports", action="store_true", help="show what is imported, and how long that takes")
    arguments = parser.parse_args(argv)
    if arguments.profile or arguments.imports:
        profile() if arguments.profile else imports(20)
        return 0
    with tempfile.TemporaryDirectory() as directory:
        seconds = measure(runs(Path(directory)), arguments.rounds)
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "versions": {name: importlib.metadata.version(name) for name in ("protobuf", "grpcio-tools", "jinja2")},
        "corpus_files": len(inputs.corpus()),
        "seconds": seconds,
        "ratios": ratios(seconds),
    }
    arguments.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(tables(result))
    missed = [one for one in RATIOS if seconds[one.of]["processor"] > one.limit * seconds[one.to]["processor"]]
    for one in missed:
        print(f"MISSED: {one.of} takes more than {one.limit} times as long as {one.to}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
