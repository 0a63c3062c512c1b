"""Time of validating one message with ten rules: ``python -m bench.validate [--quick]``.

Rounds are interleaved: every contender is measured once in each, so that a slow moment of the machine
meets all, and of the rounds the fastest counts. Times are processor time of the process. Results go to
bench/results/validate.json.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.machine import machine
from bench.validate.contenders import Contender, contenders

RESULTS = Path(__file__).parents[1] / "results" / "validate.json"
BASELINE = "protovalidate"
PACKAGES = ("protovalidate", "protobuf", "protobuf-py", "protoc-gen-validate", "pydantic")
SECONDS = 0.02


def once(one: Contender, value: Any, loops: int) -> float:
    """Microseconds of one call."""
    check = one.check
    started = time.process_time_ns()
    for _ in range(loops):
        check(value)
    return (time.process_time_ns() - started) / loops / 1000


def measured(found: dict[str, Contender], rounds: int) -> dict[str, dict[str, float]]:
    """Microseconds by case and contender; the fastest of the rounds."""
    cases: dict[str, dict[str, float]] = {"valid": {}, "ten violations": {}}
    loops = {name: max(1, int(SECONDS * 1e6 / once(one, one.invalid, 50))) for name, one in found.items()}
    for _ in range(rounds):
        for name, one in found.items():
            for case, value in (("valid", one.valid), ("ten violations", one.invalid)):
                taken = once(one, value, loops[name])
                cases[case][name] = min(taken, cases[case].get(name, float("inf")))
    return cases


def table(result: dict[str, Any]) -> str:
    """The results in Markdown."""
    cases = result["microseconds"]
    lines = [f"| | {' | '.join(cases)} |", f"|---|{'---:|' * len(cases)}"]
    for name, title in result["contenders"].items():
        cells = [f"{taken[name]:.1f} ({taken[name] / taken[BASELINE]:.2f}x)" for taken in cases.values()]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> int:
    """Prepare, measure, write and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="three rounds, for a look; nothing is written")
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        found = contenders(Path(work))
        gc.disable()
        cases = measured(found, 3 if arguments.quick else 25)
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "versions": {name: version(name) for name in PACKAGES},
        "contenders": {name: one.title for name, one in found.items()},
        "microseconds": cases,
    }
    if not arguments.quick:
        arguments.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(table(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
