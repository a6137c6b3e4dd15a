-- +goose Up
-- Who may use Unity. Secrets are kept as hashes, second factors sealed.

CREATE TABLE users (
    id          TEXT PRIMARY KEY,
    login       TEXT    NOT NULL UNIQUE, -- the name in lower case
    name        TEXT    NOT NULL,
    role        TEXT    NOT NULL,
    password    TEXT    NOT NULL,
    factor      TEXT    NOT NULL,
    factor_step INTEGER NOT NULL,
    subject     TEXT UNIQUE, -- who it is to a provider of OpenID Connect
    created     INTEGER NOT NULL,
    updated     INTEGER NOT NULL,
    last_login  INTEGER NOT NULL
);

CREATE TABLE setup_codes (
    hash    TEXT PRIMARY KEY,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE recovery_codes (
    owner TEXT NOT NULL,
    hash  TEXT NOT NULL,
    PRIMARY KEY (owner, hash)
) WITHOUT ROWID;

CREATE TABLE sessions (
    id        TEXT PRIMARY KEY,
    hash      TEXT    NOT NULL UNIQUE,
    owner     TEXT    NOT NULL,
    created   INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    expires   INTEGER NOT NULL,
    address   TEXT    NOT NULL,
    agent     TEXT    NOT NULL
);
CREATE INDEX sessions_owner ON sessions (owner);

CREATE TABLE tokens (
    id        TEXT PRIMARY KEY,
    hash      TEXT    NOT NULL UNIQUE,
    owner     TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    scope     TEXT    NOT NULL,
    created   INTEGER NOT NULL,
    expires   INTEGER NOT NULL,
    last_used INTEGER NOT NULL
);
CREATE INDEX tokens_owner ON tokens (owner);

CREATE TABLE audit (
    id      INTEGER PRIMARY KEY, -- ascending with time
    time    INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    via     TEXT    NOT NULL,
    action  TEXT    NOT NULL,
    target  TEXT    NOT NULL,
    address TEXT    NOT NULL,
    refused INTEGER NOT NULL
);

PRAGMA user_version = 2;
