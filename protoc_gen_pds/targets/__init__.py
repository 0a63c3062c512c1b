"""One module or package per output: what it needs from the model, which template, which path."""

from protoc_gen_pds.targets.base import Target
from protoc_gen_pds.targets.client import client
from protoc_gen_pds.targets.codec import codecs
from protoc_gen_pds.targets.descriptors import descriptors
from protoc_gen_pds.targets.docs import documents
from protoc_gen_pds.targets.init import init
from protoc_gen_pds.targets.methods import methods
from protoc_gen_pds.targets.models import models
from protoc_gen_pds.targets.openapi import openapi
from protoc_gen_pds.targets.package import package
from protoc_gen_pds.targets.server import server
from protoc_gen_pds.targets.validators import validators

TARGETS: tuple[Target, ...] = (
    package,
    init,
    models,
    codecs,
    validators,
    methods,
    server,
    descriptors,
    openapi,
    client,
    documents,
)
"""In the order in which they run; output is sorted by path afterwards."""
