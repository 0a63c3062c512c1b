"""Entry point of the ``protoc-gen-pds`` program: the plugin for protoc and buf, the commands for people."""

from __future__ import annotations

import gc
import sys


def main() -> int:
    """Run as a plugin where a request waits on stdin, else as a command; the exit status."""
    try:
        return _run(sys.argv[1:])
    except KeyboardInterrupt:
        print("protoc-gen-pds: interrupted", file=sys.stderr)
        return 130


def _run(arguments: list[str]) -> int:
    if not arguments and sys.stdin is not None and not sys.stdin.isatty():
        # A process that answers once and ends needs no collector, which would take a tenth of a large run.
        gc.disable()
        from protoc_gen_pds import plugin

        status = plugin.main()
        # Its end needs none either: a last collection of all that was imported takes a tenth of a small run.
        gc.freeze()
        return status
    from protoc_gen_pds import cli

    return cli.main(arguments)


if __name__ == "__main__":
    sys.exit(main())
