"""Reactors: they read the ledger's tail and propose what follows from it."""
