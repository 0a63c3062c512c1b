"""Calls flavours.Shop in all four ways with stubs of the official plugin: ``official_flavours.py STUBS ADDRESS``.

A process of its own: the stubs register their files in protobuf's global pool. Prints the answers as JSON.
"""

import json
import sys

import grpc


def main() -> None:
    stubs, address = sys.argv[1:]
    sys.path.insert(0, stubs)
    from google.protobuf.empty_pb2 import Empty
    from sync import flavours_pb2, flavours_pb2_grpc

    def books(*names: str) -> list[object]:
        return [flavours_pb2.Book(name=name) for name in names]

    with grpc.insecure_channel(address) as channel:
        stub = flavours_pb2_grpc.ShopStub(channel)
        found = {
            "unary": stub.GetBook(books("a")[0], timeout=10).name,
            "upload": stub.Upload(iter(books("a", "b")), timeout=10).name,
            "download": [book.name for book in stub.Download(books("ab")[0], timeout=10)],
            "chat": [book.name for book in stub.Chat(iter(books("a", "b")), timeout=10)],
            "ping": stub.Ping(Empty(), timeout=10) == Empty(),
        }
        try:
            stub.GetBook(books("none")[0], timeout=10)
        except grpc.RpcError as error:
            found["error"] = [error.code().name, error.details()]
    print(json.dumps(found))


main()
