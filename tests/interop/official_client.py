"""Calls the backup service with stubs of the official plugin: ``official_client.py STUBS ADDRESS``.

A process of its own: the stubs register their files in protobuf's global pool. Prints one JSON list of
``[code, answer]``, the calls being those of ``calls()`` in test_example_backup_service.py.
"""

import json
import sys

import grpc
from google.protobuf import json_format


def main() -> None:
    stubs, address, calls = sys.argv[1:]
    sys.path.insert(0, stubs)
    from public.portworx.pds.backup.apiv1 import backup_pb2, backup_pb2_grpc

    answers = []
    with grpc.insecure_channel(address) as channel:
        stub = backup_pb2_grpc.BackupServiceStub(channel)
        for method, request in json.loads(calls):
            message = json_format.ParseDict(request, getattr(backup_pb2, f"{method}Request")())
            try:
                response = getattr(stub, method)(message, timeout=10)
            except grpc.RpcError as error:
                answers.append([error.code().name, error.details()])
            else:
                answers.append(["OK", json_format.MessageToDict(response)])
    print(json.dumps(answers))


main()
