"""Start the example: ``python -m examples.backup_service`` from the root of the repository."""

from __future__ import annotations

import argparse
import logging
import sys
from importlib.util import find_spec
from pathlib import Path

if find_spec("portworx") is None:
    sys.path.insert(0, str(Path(__file__).parents[2] / "generated"))

from portworx._runtime.rpc.serve import serve
from portworx._runtime.rpc.server import Config, GrpcServer

from .seed import rows
from .service import BackupService
from .store import Store

_HELP = """
grpcurl, with reflection:
  grpcurl -plaintext {address} list
  grpcurl -plaintext -d '{{"id": "{uid}"}}' {address} {service}/GetBackup
buf, with reflection:
  buf curl --protocol grpc --http2-prior-knowledge \\
    -d '{{"backup_config_id": "{config}", "pagination": {{"page_size": 3}}}}' http://{address}/{service}/ListBackups
Python, with PYTHONPATH=generated:
  import grpc
  from portworx.pds.backup.apiv1.backup import BackupServiceSyncClient, GetBackupRequest
  client = BackupServiceSyncClient(grpc.insecure_channel("{address}"))
  print(client.get_backup(GetBackupRequest(id="{uid}")))
curl, over HTTP and JSON:
  curl http://{http}/pds/v1/backups/{uid}
  curl 'http://{http}/pds/v1/backups?backupConfigId={config}&pagination.pageSize=3&sort.sortBy=NAME'
  curl http://{http}/openapi.json
Ctrl-C stops it.
"""


def main() -> None:
    """Serve the seeded store until a signal comes."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.backup_service", description="The example backup service."
    )
    parser.add_argument("--address", default="127.0.0.1:50051", help="host:port to listen on (default: %(default)s)")
    parser.add_argument("--http", default="127.0.0.1:8080", help="host:port for HTTP and JSON (default: %(default)s)")
    parser.add_argument(
        "--database", default=":memory:", help="SQLite file; seeded where it is empty (default: in memory)"
    )
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    store = Store(arguments.database)
    if store.is_empty():
        store.add(rows())
    page = store.page(where=None, order="created_at", descending=False, offset=0, limit=1)
    service = BackupService(store)

    def started(server: GrpcServer) -> None:
        assert server.http is not None
        uid = page.backups[0].meta.uid if page.backups and page.backups[0].meta else "bkp:..."
        address, http = server.address, server.http.address
        print(f"{page.total} backups on {address} (gRPC) and {http} (HTTP)")
        config, name = next(rows()).config_id, service.binding().service
        print(_HELP.format(address=address, http=http, uid=uid, config=config, service=name), flush=True)

    serve(service, config=Config(address=arguments.address, http=arguments.http), started=started)
    store.close()


if __name__ == "__main__":
    main()
