"""protoc-gen-pds: a protoc and buf plugin that emits a typed Python package and its documents."""
