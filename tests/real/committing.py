"""A committer with its publisher, to be killed.

    python committing.py LOG LEDGER

LEDGER is a URL of PostgreSQL. Says `ready` on standard output when it begins, and on standard error what stops it;
and goes on.
"""

from __future__ import annotations

import logging
import sys
import threading

from clew.ledger.postgres import PostgresLedger
from clew.log import open_log
from clew.threads import Worker


def main() -> None:
    logging.basicConfig(level=logging.WARNING)
    log_url, ledger_url = sys.argv[1:]
    ledger = PostgresLedger.open(ledger_url, patience=1.0)
    log = open_log(log_url)
    committer = log.committer(ledger)
    workers = [
        Worker(each.name, each.step, lambda: None, threading.Condition())
        for each in (committer, log.publisher(ledger, committer.leads))
    ]
    for worker in workers:
        worker.start()
    print("ready", flush=True)
    workers[0].join()


if __name__ == "__main__":
    main()
