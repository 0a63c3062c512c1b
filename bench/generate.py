"""How long a plugin run takes, and how the time grows with the input.

    python bench/generate.py              # wall times, ratios, and what is imported
    python bench/generate.py --profile    # the functions that a run of 400 messages spends its time in

A run is what protoc or buf starts: a new process, a request on stdin, a response on stdout. "Warm" means that
byte code and compiled templates are cached: one run before the measured ones is thrown away.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from google.protobuf.compiler import plugin_pb2

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support import backup_request, compile_protos, make_request

BACKUP_LIMIT = 0.35
RATIO_LIMIT = 4.5
FIELDS = 20

_TYPES = (
    "string", "int64", "bool", "double", "bytes", "Kind", "M0", "repeated string", "repeated M0", "map<string, int32>",
    "optional string", "sint32", "fixed64", "repeated int32", "map<int32, M0>", "optional Kind",
)  # fmt: skip


def synthetic_request(messages: int) -> plugin_pb2.CodeGeneratorRequest:
    """One file of so many messages of 20 fields, of mixed types and with a comment each."""
    parts = ['syntax = "proto3";\npackage synthetic;\n\nenum Kind {\n  KIND_UNSPECIFIED = 0;\n}\n']
    for index in range(messages):
        typed = ((number, _TYPES[(index + number) % len(_TYPES)]) for number in range(1, FIELDS + 1))
        fields = "".join(f"  // Field {number}.\n  {kind} field_{number} = {number};\n" for number, kind in typed)
        parts.append(f"\n// Message {index}.\nmessage M{index} {{\n{fields}}}\n")
    sources = {"synthetic.proto": "".join(parts)}
    return make_request(compile_protos(sources), sources, "package=synthetic")


Seconds = tuple[float, float]
"""Of wall time, and of processor time: what a busy machine does not stretch as much."""


def run_times(command: Sequence[str], data: bytes, repeats: int) -> list[Seconds]:
    """The cost of each of several runs after one that warms the caches."""
    times = []
    for _ in range(repeats + 1):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(command, input=data, stdout=subprocess.DEVNULL, check=True, cwd=ROOT)
        wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append((wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    return times[1:]


def in_process(request: plugin_pb2.CodeGeneratorRequest, repeats: int) -> list[Seconds]:
    """The cost of answering a request in this process, start and imports not included."""
    from protoc_gen_pds.plugin import respond

    times = []
    gc.disable()  # as the plugin's process does
    for _ in range(repeats + 1):
        gc.collect()
        start, used = time.perf_counter(), time.process_time()
        response = respond(request)
        times.append((time.perf_counter() - start, time.process_time() - used))
        assert not response.error, response.error
    return times[1:]


def imports(data: bytes) -> list[tuple[float, str]]:
    """Modules by the seconds that their own import takes in a plugin run, slowest first."""
    command = [sys.executable, "-X", "importtime", "-m", "protoc_gen_pds"]
    result = subprocess.run(command, input=data, capture_output=True, check=True, cwd=ROOT)
    rows = (line.removeprefix("import time:").split("|") for line in result.stderr.decode().splitlines()[1:])
    found = [(int(own) / 1e6, name.strip()) for own, _, name in rows if own.strip().isdigit()]
    return sorted(found, reverse=True)


def report(name: str, times: Sequence[Seconds], limit: float | None = None) -> Seconds:
    """Print one line; the medians."""
    wall, processor = (statistics.median(column) for column in zip(*times, strict=True))
    verdict = "" if limit is None else f"   limit {limit:.2f}: {'kept' if wall <= limit else 'MISSED'}"
    print(f"{name:<40}{wall:8.3f} s wall {processor:8.3f} s processor{verdict}")
    return wall, processor


def report_ratio(name: str, small: Seconds, large: Seconds) -> None:
    """Print how much more the larger input costs."""
    wall, processor = large[0] / small[0], large[1] / small[1]
    print(f"{name:<40}{wall:8.2f}   wall {processor:8.2f}   processor   limit {RATIO_LIMIT:.2f}")


def measure(repeats: int) -> None:
    """Print the table."""
    plugin = [sys.executable, "-m", "protoc_gen_pds"]
    backup, small, large = (
        request.SerializeToString() for request in (backup_request(), synthetic_request(100), synthetic_request(400))
    )
    report("python -c pass", run_times([sys.executable, "-c", "pass"], b"", repeats))
    protobuf = [sys.executable, "-c", "import google.protobuf.compiler.plugin_pb2"]
    report("python -c 'import plugin_pb2'", run_times(protobuf, b"", repeats))
    report("plugin, backup.proto", run_times(plugin, backup, repeats), BACKUP_LIMIT)
    hundred = report("plugin, 100 messages of 20 fields", run_times(plugin, small, 3))
    four_hundred = report("plugin, 400 messages of 20 fields", run_times(plugin, large, 3))
    report_ratio("ratio of the two", hundred, four_hundred)
    hundred = report("in process, 100 messages", in_process(synthetic_request(100), 3))
    four_hundred = report("in process, 400 messages", in_process(synthetic_request(400), 3))
    report_ratio("ratio of the two, without the start", hundred, four_hundred)
    slow = imports(backup)
    print(f"\nimports: {len(slow)} modules, {sum(seconds for seconds, _ in slow):.3f} s under -X importtime; slowest:")
    for seconds, name in slow[:15]:
        print(f"  {seconds * 1000:6.1f} ms  {name}")


def profile(work: Callable[[], object]) -> None:
    """Print the functions that take most time."""
    profiler = cProfile.Profile()
    profiler.runcall(work)
    pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(35)


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=15, help="runs of backup.proto (default: 15)")
    parser.add_argument("--profile", action="store_true", help="profile a run of 400 messages instead")
    arguments = parser.parse_args()
    if arguments.profile:
        from protoc_gen_pds.plugin import respond

        request = synthetic_request(400)
        profile(lambda: respond(request))
    else:
        measure(arguments.repeats)


if __name__ == "__main__":
    main()
