"""The protoc plugin protocol: a CodeGeneratorRequest on stdin, a CodeGeneratorResponse on stdout."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from google.protobuf.compiler import plugin_pb2
from google.protobuf.message import DecodeError

from protoc_gen_pds.errors import GenerationError
from protoc_gen_pds.schema.features import MAXIMUM_EDITION, MINIMUM_EDITION

DUMP_VARIABLE = "PROTOC_GEN_PDS_DUMP"
"""Environment variable: a file, or a directory, to which the request is written for ``generate --replay``."""

_Response = plugin_pb2.CodeGeneratorResponse


def respond(request: plugin_pb2.CodeGeneratorRequest) -> plugin_pb2.CodeGeneratorResponse:
    """Answer one request; what is wrong with it is in the response's ``error``."""
    from protoc_gen_pds.generate import generate
    from protoc_gen_pds.options import parse_parameter
    from protoc_gen_pds.schema import load_request

    response = _Response(
        supported_features=_Response.FEATURE_PROTO3_OPTIONAL | _Response.FEATURE_SUPPORTS_EDITIONS,
        minimum_edition=MINIMUM_EDITION,
        maximum_edition=MAXIMUM_EDITION,
    )
    try:
        options = parse_parameter(request.parameter)
        files = generate(load_request(request), options)
    except GenerationError as error:
        response.error = str(error)
        return response
    except Exception as error:
        from protoc_gen_pds.diagnosis import explain

        response.error = str(explain(error, request))
        return response
    for file in files:
        response.file.add(name=file.path, content=file.content)
    return response


def abandon_stdout() -> None:
    """Nobody can read what was printed; the interpreter's own flush at exit must not complain again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main() -> int:
    """Read a request from stdin and write the response to stdout; the exit status."""
    data = sys.stdin.buffer.read()
    if dump := os.environ.get(DUMP_VARIABLE):
        path = Path(dump)
        try:
            # buf starts several processes at once: in a directory each writes a file of its own.
            (path / f"{os.getpid()}.binpb" if path.is_dir() else path).write_bytes(data)
        except OSError as error:
            print(f"protoc-gen-pds: {DUMP_VARIABLE}: {dump}: {error.strerror}", file=sys.stderr)
            return 1
    try:
        request = plugin_pb2.CodeGeneratorRequest.FromString(data) if data else None
    except DecodeError:
        request = None
    if request is None:
        print(
            "protoc-gen-pds: stdin is not a CodeGeneratorRequest; run this program through protoc or buf,"
            " or see protoc-gen-pds --help",
            file=sys.stderr,
        )
        return 1
    response = respond(request).SerializeToString(deterministic=True)
    try:
        sys.stdout.buffer.write(response)
        sys.stdout.buffer.flush()
    except OSError as error:
        print(f"protoc-gen-pds: the response cannot be written: {error.strerror}", file=sys.stderr)
        abandon_stdout()
        return 1
    return 0
