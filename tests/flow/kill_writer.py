"""A house under load, to be killed: crawls the demo's groups again and again while a steward edits.

    python kill_writer.py HOME GROUPS ROUND

Every acknowledgement is written to standard output, one JSON line, flushed, after `propose` returned.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path

import msgspec

from clew.house import House
from clew.ledger import Source
from clew.settings import Settings
from clew_schemas import CrawlClose, CrawlOpen, CrawlPosition, Event, Group, Receipt, Record, event
from clew_schemas.event import decode, raw

THINGS = 40


def acknowledge(source: str, receipt: Receipt) -> None:
    """Tell the outside what was acknowledged, in one write."""
    said = {"source": source, "id": receipt.id, "status": receipt.status, "seq": receipt.seq}
    os.write(1, (json.dumps(said) + "\n").encode())


def edits(house: House, round_: int) -> None:
    """Edit without end: each edit has a text of its own."""
    number = 0
    while True:
        urn = f"urn:clew:dataset:(duckdb://nyc,nyc.raw.edited_{number % THINGS})"
        text = f"round {round_}, edit {number}"
        group = Group("steward", f"{round_}/{number}", (event(urn, "documentation", {"text": text}),))
        (receipt,) = house.ledger.propose([group])
        acknowledge("steward", receipt)
        number += 1


def renumbered(record: Record, number: int) -> Record:
    """Return a record of a crawl as one of the crawl `number`, its prose marked with it so that there is work to do."""
    if isinstance(record, Group):
        assert record.crawl is not None
        position = CrawlPosition(number, record.crawl.sequence)
        events = tuple(_marked(each, number) if each.aspect == "documentation" else each for each in record.events)
        return msgspec.structs.replace(record, id=f"{number}/{record.crawl.sequence}", crawl=position, events=events)
    assert isinstance(record, CrawlOpen | CrawlClose)
    return msgspec.structs.replace(record, number=number)


def _marked(said: Event, number: int) -> Event:
    payload = json.loads(bytes(said.payload))
    return msgspec.structs.replace(said, payload=raw({**payload, "text": f"{payload['text']} ({number})"}))


def crawls(house: House, stream: list[Record]) -> None:
    """Crawl without end."""
    while True:
        number = time.time_ns() // 1000
        for record in stream:
            for receipt in house.ledger.propose([renumbered(record, number)]):
                acknowledge(record.source, receipt)


def main() -> None:
    home, groups, round_ = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    streams: dict[str, list[Record]] = {}
    for line in groups.read_bytes().splitlines():
        record = decode(line)
        streams.setdefault(record.source, []).append(record)
    house = House(Settings(home=home))
    for source in streams:
        house.ledger.register(Source(source, "crawl"))
    house.start()
    os.write(1, b"ready\n")
    threads = [threading.Thread(target=edits, args=(house, round_), daemon=True)]
    threads += [threading.Thread(target=crawls, args=(house, stream), daemon=True) for stream in streams.values()]
    for thread in threads:
        thread.start()
    threads[0].join()


if __name__ == "__main__":
    main()
