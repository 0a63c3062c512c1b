"""``protoc-gen-pds explain``: the rules of a message in words."""

from __future__ import annotations

import argparse

from google.protobuf.compiler import plugin_pb2

from protoc_gen_pds.cli.job import IMPORT_PATH_HELP, config_of
from protoc_gen_pds.compiler import compile_files, find_inputs
from protoc_gen_pds.errors import GenerationError, did_you_mean
from protoc_gen_pds.options import from_pairs
from protoc_gen_pds.rules.explain import describe
from protoc_gen_pds.rules.overlay import Overlay
from protoc_gen_pds.rules.read import Reader
from protoc_gen_pds.schema import Message, Schema, load_request


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", metavar="FILE", help="a .proto file, by its path or by its name on an import path")
    parser.add_argument("message", metavar="MESSAGE", help="a message of it, by its name or its full name")
    parser.add_argument("-I", "--proto-path", action="append", metavar="DIR", help=IMPORT_PATH_HELP)
    parser.add_argument("--rules", metavar="FILE", help="an overlay file (default: that of pyproject.toml)")
    parser.add_argument(
        "--field-behavior",
        choices=("ignore", "enforce"),
        help="whether google.api.field_behavior is a rule (default: that of pyproject.toml, else ignore)",
    )
    parser.add_argument(
        "--config", metavar="FILE", help="a pyproject.toml with [tool.protoc-gen-pds] (default: the nearest one)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print a line for each rule."""
    config = config_of(arguments)
    options = from_pairs(config.options)
    import_paths = arguments.proto_path or config.import_paths or (".",)
    names = find_inputs([arguments.file], import_paths)
    request = plugin_pb2.CodeGeneratorRequest(
        file_to_generate=names, proto_file=compile_files(names, import_paths, config.protoc)
    )
    schema = load_request(request)
    message = _message(schema, arguments.message)
    rules = arguments.rules or options.rules
    behavior = arguments.field_behavior or options.field_behavior
    reader = Reader(schema, Overlay(schema, rules) if rules else None, field_behavior=behavior == "enforce")
    lines = list(describe(message, reader))
    print(message.full_name)
    print("\n".join(f"  {line}" for line in lines or ["no rules"]))
    return 0


def _message(schema: Schema, name: str) -> Message:
    known = {m.full_name: m for file in schema.to_generate for m in file.walk_messages() if not m.is_map_entry}
    found = [m for m in known.values() if name in (m.full_name, m.long_name, m.name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise GenerationError(f'"{name}" is ambiguous: {", ".join(m.full_name for m in found)}')
    hint = did_you_mean(name, (m.long_name for m in known.values()), f"it has {', '.join(known) or 'none'}")
    raise GenerationError(f'there is no message "{name}" in {schema.to_generate[0].name}; {hint}')
