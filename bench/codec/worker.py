"""One contender in a process of its own: measures what it is told, line by line, on stdin and stdout."""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import sample
from contenders import ADAPTERS

MESSAGES = {
    "Backup": (sample.backup, sample.read_backup),
    "ListBackupsResponse": (sample.backups, sample.read_backups),
}
OPERATIONS = ("decode", "decode + read all", "encode", "construct + encode", "to JSON", "from JSON")


def operations(adapter: str) -> dict[tuple[str, str], Callable[[], Any]]:
    """What can be measured: functions without arguments by message and operation."""
    t = ADAPTERS[adapter]()
    found: dict[tuple[str, str], Callable[[], Any]] = {}
    for name, (build, read) in MESSAGES.items():
        _add(found, t, name, build, read)
    return found


def _add(found: dict[tuple[str, str], Callable[[], Any]], t: Any, name: str, build: Any, read: Any) -> None:
    cls, message = getattr(t, name), build(t)
    data, text = t.encode(message), t.to_json(message)
    decode, encode, read_timestamp = t.decode, t.encode, t.read_timestamp
    found[name, "decode"] = lambda: decode(cls, data)
    found[name, "decode + read all"] = lambda: read(decode(cls, data), read_timestamp)
    found[name, "encode"] = lambda: encode(message)
    found[name, "construct + encode"] = lambda: encode(build(t))
    found[name, "to JSON"] = lambda: t.to_json(message)
    found[name, "from JSON"] = lambda: t.from_json(cls, text)


def nanoseconds(function: Callable[[], Any], loops: int) -> float:
    """Mean CPU time of one call, garbage collection apart: other processes of the machine do not count."""
    gc.collect()
    gc.disable()
    repeat = range(loops)
    start = time.process_time_ns()
    for _ in repeat:
        function()
    elapsed = time.process_time_ns() - start
    gc.enable()
    return elapsed / loops


def memory(function: Callable[[], Any], count: int) -> float:
    """Bytes of resident memory for each of many messages."""
    function()
    gc.collect()
    before = _resident()
    kept = [function() for _ in range(count)]
    gc.collect()
    used = _resident() - before
    return used / len(kept)


def _resident() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096


def main() -> None:
    """Answer requests until stdin ends."""
    functions = operations(sys.argv[1])
    for line in sys.stdin:
        request = json.loads(line)
        function = functions[request["message"], request["operation"]]
        match request["what"]:
            case "time":
                answer: Any = nanoseconds(function, request["loops"])
            case "memory":
                answer = memory(function, request["count"])
            case "result":
                result = function()
                answer = result.hex() if isinstance(result, bytes) else result
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
