-- +goose Up
-- Pages that people make, and small things that belong to no other table.

CREATE TABLE dashboards (
    id       text COLLATE "C" PRIMARY KEY,
    owner    text   NOT NULL,
    document text   NOT NULL, -- JSON
    created  bigint NOT NULL,
    updated  bigint NOT NULL,
    revision bigint NOT NULL
);

-- What is kept under a name, one area for each use.
CREATE TABLE notes (
    area    text COLLATE "C",
    name    text COLLATE "C",
    value   text   NOT NULL,
    updated bigint NOT NULL,
    PRIMARY KEY (area, name)
);

-- What was answered to requests that may be sent again.
CREATE TABLE answers (
    owner   text COLLATE "C",
    name    text COLLATE "C",
    request text    NOT NULL, -- a hash of it
    status  integer NOT NULL,
    kind    text    NOT NULL, -- the type of the body
    body    bytea   NOT NULL,
    created bigint  NOT NULL,
    PRIMARY KEY (owner, name)
);
CREATE INDEX answers_created ON answers (created);
