"""``protoc-gen-pds templates``: list our templates, or copy them to override them."""

from __future__ import annotations

import argparse
from pathlib import Path

from protoc_gen_pds.errors import GenerationError, did_you_mean
from protoc_gen_pds.render import source_directory, template_names


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", help="print the names of all templates")
    copy = actions.add_parser("copy", help="copy templates into a directory for the option templates=DIR")
    copy.add_argument("names", nargs="*", metavar="NAME", help="templates to copy (default: all)")
    copy.add_argument("--to", required=True, metavar="DIR", help="directory to copy into; files there are kept")
    copy.add_argument("--force", action="store_true", help="overwrite files that are there")


def run(arguments: argparse.Namespace) -> int:
    """List or copy."""
    names = template_names()
    if arguments.action == "list":
        print("\n".join(names))
        return 0
    for name in arguments.names:
        if name not in names:
            hint = did_you_mean(name, names, "see protoc-gen-pds templates list", cutoff=0.6)
            raise GenerationError(f'there is no template "{name}"; {hint}')
    chosen = arguments.names or names
    targets = {name: Path(arguments.to, name) for name in chosen}
    present = [str(target) for target in targets.values() if target.exists()]
    if present and not arguments.force:
        raise GenerationError(f"{', '.join(present)}: already there; nothing was copied (--force overwrites)")
    for name, target in targets.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((source_directory() / name).read_bytes())
        print(target)
    return 0
