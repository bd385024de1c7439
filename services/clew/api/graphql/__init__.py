"""The GraphQL face: types from the registry, the same questions as REST, limits, and the HTTP door."""
