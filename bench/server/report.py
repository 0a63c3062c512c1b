"""Prints bench/results/server.json as the table of docs/performance.md: ``python -m bench.server.report``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

BASELINE = "official"
RESULTS = Path(__file__).parents[1] / "results" / "server.json"


def table(results: dict[str, Any]) -> str:
    methods = list(next(iter(results["contenders"].values()))["calls_per_cpu_second"])
    lines = [f"| | {' | '.join(methods)} |", f"|---|{'---:|' * len(methods)}"]
    for name, contender in results["contenders"].items():
        cells = []
        for method in methods:
            figure = contender["calls_per_cpu_second"][method]
            low, high = figure["ratio_quartiles"]
            ratio = "1x" if name == BASELINE else f"{figure['ratio']:.2f}x; {low:.2f} to {high:.2f}"
            cells.append(f"{figure['median']:,.0f} ({ratio})")
        lines.append(f"| {contender['title']} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(json.loads(RESULTS.read_text())))
