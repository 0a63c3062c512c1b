"""validate.proto's descriptors where the input does not carry them: from an installed protovalidate."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, duration_pb2, field_mask_pb2, timestamp_pb2

from protoc_gen_pds.errors import GenerationError

NAME = "buf/validate/validate.proto"


def add_validate_proto(pool: Any) -> None:
    """Make ``buf.validate`` known to a pool that lacks it.

    Raises:
        GenerationError: no package that has it is installed.
    """
    try:
        pool.FindExtensionByName("buf.validate.field")
    except KeyError:
        pass
    else:
        return
    data = _serialized()
    if data is None:
        raise GenerationError(
            f"rules need {NAME}: import it in a .proto file, or install protoc-gen-pds[rules], which brings it"
        )
    for name, file in _imports().items():
        try:
            pool.FindFileByName(name)
        except KeyError:
            pool.AddSerializedFile(file)
    pool.AddSerializedFile(data)


def file_set() -> descriptor_pb2.FileDescriptorSet | None:
    """The file with its imports, as protoc's ``--descriptor_set_in`` takes it; None where no package has it."""
    data = _serialized()
    if data is None:
        return None
    found = (*_imports().values(), data)
    return descriptor_pb2.FileDescriptorSet(file=map(descriptor_pb2.FileDescriptorProto.FromString, found))


def _imports() -> dict[str, bytes]:
    modules = (descriptor_pb2, duration_pb2, field_mask_pb2, timestamp_pb2)
    return {module.DESCRIPTOR.name: module.DESCRIPTOR.serialized_pb for module in modules}


def _serialized() -> bytes | None:
    """The file's bytes: of protovalidate's own generated module, or of a stub that protoc made."""
    spec = importlib.util.find_spec("protovalidate")
    if spec is not None and spec.origin is not None:
        source = Path(spec.origin).parent / "_gen" / "buf" / "validate" / "validate_pb.py"
        if source.is_file():
            # Importing it would load the whole native library for one constant.
            found = re.search(
                r"file_desc\(\s*(b(?:'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"))", source.read_text("utf-8")
            )
            if found is not None:
                data: bytes = ast.literal_eval(found[1])
                return data
    try:
        module = importlib.import_module("buf.validate.validate_pb2")
    except ImportError:
        return None
    stub: bytes = module.DESCRIPTOR.serialized_pb
    return stub
