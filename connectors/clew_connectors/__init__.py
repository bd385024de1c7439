"""The noticing: connectors read what systems know about data and say it in events.

`port` is what a connector is, `recipe` says which one to run on what, `run` takes it through one crawl. Each system has
a folder of the same anatomy: `config` (what must be told), `records` (plain frozen data), `read` (talks to the system),
`translate` (pure, record to events) and `CONNECTOR`, which puts them together. A connector never parses SQL.
"""
