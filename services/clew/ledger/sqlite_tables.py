"""The tables of the embedded ledger. A change here is a new format, with its way there in `sqlite_formats`."""

from clew.ledger.sqlite_names import NAMED

FORMAT = 2

NAMES = f"""
-- everything that was ever named: by its URN, and what belongs to a dataset by the dataset and its own name there,
-- tail is the last segment of the name, folded, null where it is the name itself
CREATE TABLE entity (
    id INTEGER PRIMARY KEY, parent INTEGER NOT NULL, name TEXT NOT NULL, tail TEXT, class INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX entity_name ON entity (parent, name);
{NAMED};
-- by its last segment, for people who type short names: all up to the number that meta has under called
CREATE TABLE called (tail TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (tail, id)) WITHOUT ROWID;
"""
"""The tables of names alone, which format 2 brought."""

TABLES = f"""{NAMES}
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;

CREATE TABLE branch (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, base_seq INTEGER NOT NULL);
CREATE TABLE aspect (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE source (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, ord TEXT NOT NULL, rank INTEGER NOT NULL, door TEXT NOT NULL,
    retired INTEGER NOT NULL DEFAULT 0, public_key BLOB
);

-- one row a commit, cause is the seq that a derived commit answers to
CREATE TABLE commits (
    seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, branch INTEGER NOT NULL, source INTEGER NOT NULL,
    grp TEXT NOT NULL, author TEXT, message TEXT, cause INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX commits_cause ON commits (cause, seq) WHERE cause > 0;
CREATE INDEX commits_time ON commits (time);

-- id is (seq << 20) + position, dict_id is the dictionary that body needs, key_id stays null until encryption is used
CREATE TABLE payload (
    id INTEGER PRIMARY KEY, version INTEGER NOT NULL, body BLOB NOT NULL, dict_id INTEGER, key_id INTEGER
);
CREATE TABLE dictionary (id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, body BLOB NOT NULL);

-- the head of each (branch, entity, aspect, source), and apart from it the mark: the highest order seen
CREATE TABLE claim (
    id INTEGER PRIMARY KEY, entity INTEGER NOT NULL, aspect INTEGER NOT NULL, source INTEGER NOT NULL,
    branch INTEGER NOT NULL, seq INTEGER NOT NULL, says INTEGER, denies INTEGER,
    says_hash BLOB, denies_hash BLOB, observed INTEGER NOT NULL, mark BLOB NOT NULL,
    UNIQUE (entity, aspect, source, branch)
);
CREATE INDEX claim_source ON claim (source, aspect);

-- who said what, when, moved = 0 is late news. says and denies are the claim as it stood after the fact
CREATE TABLE fact (
    seq INTEGER NOT NULL, n INTEGER NOT NULL, claim INTEGER NOT NULL, op INTEGER NOT NULL, moved INTEGER NOT NULL,
    says INTEGER, denies INTEGER, observed INTEGER NOT NULL, ord BLOB NOT NULL, roots INTEGER,
    PRIMARY KEY (seq, n)
) WITHOUT ROWID;
CREATE INDEX fact_claim ON fact (claim, seq, n);

CREATE TABLE point (
    entity INTEGER NOT NULL, aspect INTEGER NOT NULL, source INTEGER NOT NULL, name TEXT NOT NULL,
    time INTEGER NOT NULL, step INTEGER NOT NULL, seq INTEGER NOT NULL, n INTEGER NOT NULL,
    payload INTEGER NOT NULL, hash BLOB NOT NULL,
    PRIMARY KEY (entity, aspect, source, name, time, step)
) WITHOUT ROWID;
CREATE INDEX point_seq ON point (seq, n);

CREATE TABLE receipt (source INTEGER NOT NULL, grp TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (source, grp))
    WITHOUT ROWID;

CREATE TABLE crawl (
    id INTEGER PRIMARY KEY, source INTEGER NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL,
    prefixes TEXT NOT NULL, aspects TEXT NOT NULL, guard REAL NOT NULL, events INTEGER NOT NULL, high INTEGER NOT NULL,
    opened INTEGER NOT NULL, closed INTEGER, UNIQUE (source, number)
);
-- what an open crawl named without changing it: bits by claim id, 4096 a page
CREATE TABLE crawl_named (
    crawl INTEGER NOT NULL, page INTEGER NOT NULL, bits BLOB NOT NULL, PRIMARY KEY (crawl, page)
) WITHOUT ROWID;

CREATE TABLE parked (
    id INTEGER PRIMARY KEY, source TEXT NOT NULL, grp TEXT NOT NULL, crawl INTEGER, time INTEGER NOT NULL,
    reasons TEXT NOT NULL, urns TEXT NOT NULL, body BLOB NOT NULL
);

CREATE TABLE cursor (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE token (
    name TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, scopes TEXT NOT NULL, source TEXT NOT NULL,
    created INTEGER NOT NULL, revoked INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

INSERT INTO branch (id, name, base_seq) VALUES (1, 'main', 0);
"""
