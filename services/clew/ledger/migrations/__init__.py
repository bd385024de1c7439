"""How the tables of the ledger on PostgreSQL came to be, step by step."""
