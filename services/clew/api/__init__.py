"""The HTTP face: REST under /v1, GraphQL at /graphql, the tape of changes as server-sent events."""
