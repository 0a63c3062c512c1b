"""Messages as fields of pydantic models: read by their own codec, from ProtoJSON and from messages."""

from __future__ import annotations

import pydantic
import pytest
from portworx._runtime.wkt import Duration, FieldMask, Timestamp
from portworx.pds.backup.apiv1.backup import Backup, Status


class Job(pydantic.BaseModel):
    backup: Backup
    at: Timestamp | None = None
    waits: list[Duration] = []
    mask: FieldMask | None = None


JOB = Job(
    backup=Backup(status=Status(phase=Status.Phase.COMPLETED, file_size=1 << 40)),
    at=Timestamp(seconds=1_767_225_600),
    waits=[Duration(seconds=1, nanos=500_000_000)],
    mask=FieldMask(paths=["status.file_size"]),
)
DUMP = {
    "backup": {"status": {"phase": "COMPLETED", "fileSize": "1099511627776"}},
    "at": "2026-01-01T00:00:00Z",
    "waits": ["1.500s"],
    "mask": "status.fileSize",
}


def test_a_model_takes_messages_as_they_are() -> None:
    backup = Backup()
    assert Job(backup=backup).backup is backup


def test_a_model_reads_what_it_writes() -> None:
    assert JOB.model_dump() == JOB.model_dump(mode="json") == DUMP
    assert Job.model_validate(JOB.model_dump()) == JOB
    assert Job.model_validate_json(JOB.model_dump_json()) == JOB


@pytest.mark.parametrize(
    ("data", "place", "message"),
    [
        ({"backup": {"status": {"fileSize": "x"}}}, ("backup",), "Backup.status.fileSize: 'x' is not a number"),
        ({"backup": {"nope": 1}}, ("backup",), "Backup: no field is called 'nope'"),
        ({"backup": 5}, ("backup",), "Backup: expected an object, got a number"),
        ({"backup": Status()}, ("backup",), "Backup: expected an object, got Status"),
        ({"backup": {}, "at": "now"}, ("at",), "'now' is not an RFC 3339 timestamp"),
        ({"backup": {}, "waits": ["1s", 2]}, ("waits", 1), "Duration: expected a string"),
    ],
)
def test_errors_are_pydantics_own_with_place(data: object, place: tuple[str | int, ...], message: str) -> None:
    with pytest.raises(pydantic.ValidationError) as raised:
        Job.model_validate(data)
    (error,) = raised.value.errors()
    assert error["loc"] == place
    assert error["type"] == "value_error"
    assert message in error["msg"]


def test_the_schema_says_what_json_has() -> None:
    properties = Job.model_json_schema()["properties"]
    assert properties["backup"] == {"title": "Backup", "type": "object"}
    assert properties["at"]["anyOf"] == [
        {"format": "date-time", "title": "Timestamp", "type": "string"},
        {"type": "null"},
    ]
    assert properties["waits"]["items"] == {"title": "Duration", "type": "string"}
