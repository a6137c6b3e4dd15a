-- +goose Up
-- Pages that people make, and small things that belong to no other table.

CREATE TABLE dashboards (
    id       TEXT PRIMARY KEY,
    owner    TEXT    NOT NULL,
    document TEXT    NOT NULL, -- JSON
    created  INTEGER NOT NULL,
    updated  INTEGER NOT NULL,
    revision INTEGER NOT NULL
);

-- What is kept under a name, one area for each use.
CREATE TABLE notes (
    area    TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    value   TEXT    NOT NULL,
    updated INTEGER NOT NULL,
    PRIMARY KEY (area, name)
) WITHOUT ROWID;

-- What was answered to requests that may be sent again.
CREATE TABLE answers (
    owner   TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    request TEXT    NOT NULL, -- a hash of it
    status  INTEGER NOT NULL,
    kind    TEXT    NOT NULL, -- the type of the body
    body    BLOB    NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (owner, name)
);
CREATE INDEX answers_created ON answers (created);

PRAGMA user_version = 4;
