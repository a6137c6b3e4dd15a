-- +goose Up
-- Who may use Unity. Secrets are kept as hashes, second factors sealed.

CREATE TABLE users (
    id          text COLLATE "C" PRIMARY KEY,
    login       text COLLATE "C" NOT NULL UNIQUE, -- the name in lower case
    name        text   NOT NULL,
    role        text   NOT NULL,
    password    text   NOT NULL,
    factor      text   NOT NULL,
    factor_step bigint NOT NULL,
    subject     text COLLATE "C" UNIQUE, -- who it is to a provider of OpenID Connect
    created     bigint NOT NULL,
    updated     bigint NOT NULL,
    last_login  bigint NOT NULL
);

CREATE TABLE setup_codes (
    hash    text COLLATE "C" PRIMARY KEY,
    created bigint NOT NULL,
    expires bigint NOT NULL
);

CREATE TABLE recovery_codes (
    owner text COLLATE "C",
    hash  text COLLATE "C",
    PRIMARY KEY (owner, hash)
);

CREATE TABLE sessions (
    id        text COLLATE "C" PRIMARY KEY,
    hash      text COLLATE "C" NOT NULL UNIQUE,
    owner     text COLLATE "C" NOT NULL,
    created   bigint NOT NULL,
    last_seen bigint NOT NULL,
    expires   bigint NOT NULL,
    address   text   NOT NULL,
    agent     text   NOT NULL
);
CREATE INDEX sessions_owner ON sessions (owner);

CREATE TABLE tokens (
    id        text COLLATE "C" PRIMARY KEY,
    hash      text COLLATE "C" NOT NULL UNIQUE,
    owner     text COLLATE "C" NOT NULL,
    name      text   NOT NULL,
    scope     text   NOT NULL,
    created   bigint NOT NULL,
    expires   bigint NOT NULL,
    last_used bigint NOT NULL
);
CREATE INDEX tokens_owner ON tokens (owner);

CREATE TABLE audit (
    id      bigint PRIMARY KEY, -- ascending with time
    time    bigint  NOT NULL,
    actor   text    NOT NULL,
    name    text    NOT NULL,
    via     text    NOT NULL,
    action  text    NOT NULL,
    target  text    NOT NULL,
    address text    NOT NULL,
    refused boolean NOT NULL
);
