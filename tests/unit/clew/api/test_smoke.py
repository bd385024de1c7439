from clew.house import House
from starlette.testclient import TestClient
from unit.clew.api.wire import *


def test_x(local, steward, thread, house):
    for path in [
        "/v1/search?q=delay&facets=kind,owner",
        "/v1/entities/flights",
        "/v1/lineage?of=flights.dep_delay&direction=down",
        "/v1/impact?of=flights.dep_delay&change=drop",
        "/v1/paths?from=flights.dep_delay&to=delay_board",
        "/v1/health",
        "/health/live",
        "/health/ready",
        "/v1/parked",
        "/v1/sources",
        "/v1/crawls?source=etl",
        "/nope",
        "/v1/impact",
        "/v1/impact?of=x&chnage=drop",
        "/v1/tokens",
    ]:
        r = local.get(path)
        print(path, r.status_code, r.text[:300])
    q = (
        """{ entity(name:"flights"){ __typename id name columns{name entity{id ... on Column {tags}}} owners{role entity{id aspects}} ... on Dataset {schema documentation} }
      search(text:"delay", first:2){ totalCount facets pageInfo{hasNextPage endCursor} edges{cursor score node{id kind}} envelope{complete asOf{seq token}} }
      impact(of:"flights.dep_delay"){ total byVerdict complete assets{urn verdict owners{urn entity{name}} path} gaps{code urn detail}}
      lineage(of:"flights.dep_delay"){graph complete frontier{reason}} paths(start:"flights.dep_delay", end:"delay_board"){from to paths} history(urn:"%s", aspect:"schema"){seq time says op} health }"""
        % FLIGHTS
    )
    r = local.post("/graphql", json={"query": q})
    print(r.status_code, r.text)
    r = steward.post(
        "/graphql",
        json={
            "query": 'mutation($u:ID!){upsert(urn:$u, aspect:"documentation", payload:{text:"hey"}, message:"m"){status token seq}}',
            "variables": {"u": FLIGHTS},
        },
    )
    print(r.status_code, r.text)
    r = local.post(
        "/graphql",
        json={
            "query": 'mutation($u:ID!){upsert(urn:$u, aspect:"documentation", payload:{text:"hey"}, message:"m"){status token seq}}',
            "variables": {"u": FLIGHTS},
        },
    )
    print(r.status_code, r.text)
    r = local.get("/openapi.json")
    print(r.status_code, len(r.text))
    assert 0
