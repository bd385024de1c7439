"""What a proposed change does, before it is merged: `clew check`.

Read it in the order a check takes:

    changes      the words: what can happen to a dataset and its columns
    statements   two texts of one SQL statement -> what differs, harmless only when proved
    project      SQL that builds datasets, as plain data; two states of it
    manifests    dbt's artifacts -> a project
    files        dbt's or plain SQL files as they lie in a tree -> a project
    revisions    a git tree, or a folder -> files
    migrations   ALTER, DROP, RENAME in a script -> changes
    avro, json_schema, protobuf   two schemas -> changes
    reading      one state of a project being read
    effects      changes followed through a project, statement by statement
    catalog      what a catalog knows around the datasets that change: a port
    overlay      changes followed through the catalog, outside of the project -> a verdict per asset
    rules        clew.yml: what fails, what warns, waivers
    outcome      all of it put together
    reports      the outcome as text, JSON, Markdown, JUnit, SARIF, annotations
"""
