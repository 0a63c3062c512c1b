"""``protoc-gen-pds explain``: the rules of a message in words."""

from __future__ import annotations

import argparse
import difflib

from google.protobuf.compiler import plugin_pb2

from protoc_gen_pds.compiler import compile_files, find_inputs
from protoc_gen_pds.errors import GenerationError
from protoc_gen_pds.rules.explain import describe
from protoc_gen_pds.rules.overlay import Overlay
from protoc_gen_pds.rules.read import Reader
from protoc_gen_pds.schema import Message, Schema, load_request


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", metavar="FILE", help="a .proto file, by its path or by its name on an import path")
    parser.add_argument("message", metavar="MESSAGE", help="a message of it, by its name or its full name")
    parser.add_argument("-I", "--import-path", action="append", default=[], metavar="DIR", help="where imports are")
    parser.add_argument("--rules", metavar="FILE", help="an overlay file")
    parser.add_argument("--field-behavior", choices=("ignore", "enforce"), default="ignore")


def run(arguments: argparse.Namespace) -> int:
    """Print a line for each rule."""
    import_paths = arguments.import_path or ["."]
    names = find_inputs([arguments.file], import_paths)
    request = plugin_pb2.CodeGeneratorRequest(
        file_to_generate=names, proto_file=compile_files(names, import_paths, None)
    )
    schema = load_request(request)
    message = _message(schema, arguments.message)
    overlay = Overlay(schema, arguments.rules) if arguments.rules else None
    reader = Reader(schema, overlay, field_behavior=arguments.field_behavior == "enforce")
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
    close = difflib.get_close_matches(name, [m.long_name for m in known.values()], n=1, cutoff=0.5)
    hint = f'did you mean "{close[0]}"?' if close else f"it has {', '.join(known) or 'none'}"
    raise GenerationError(f'there is no message "{name}" in {schema.to_generate[0].name}; {hint}')
