"""Tables in Markdown from measured results: ``python bench/codec/report.py RESULTS.json``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

BASELINE = "upb"


def tables(result: dict[str, Any]) -> str:
    """All tables, one for each message and one for memory and import."""
    parts = []
    for message, operations in result["microseconds"].items():
        parts.append(f"{message}, {result['bytes'][message]:,} bytes: microseconds (ratio to upb)\n")
        parts.append(_times(result["contenders"], operations))
    parts.append("One decoded Backup in memory, and importing the generated module\n")
    parts.append(_others(result))
    return "\n".join(parts)


def _times(contenders: dict[str, Any], operations: dict[str, dict[str, float]]) -> str:
    lines = [f"| | {' | '.join(operations)} |", f"|---|{'---:|' * len(operations)}"]
    for name, about in contenders.items():
        cells = []
        for taken in operations.values():
            ratio = taken[name] / taken[BASELINE]
            cells.append(f"{_number(taken[name])}" + ("" if name == BASELINE else f" ({_ratio(ratio)})"))
        lines.append(f"| {about['title']} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _others(result: dict[str, Any]) -> str:
    lines = ["| | bytes | import, CPU ms |", "|---|---:|---:|"]
    for name, about in result["contenders"].items():
        lines.append(
            f"| {about['title']} | {result['memory_bytes'][name]:,.0f} | {result['import_cpu_ms'][name]:.0f} |"
        )
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _ratio(value: float) -> str:
    return f"{value:,.0f}x" if value >= 10 else f"{value:.2f}x"


if __name__ == "__main__":
    print(tables(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
