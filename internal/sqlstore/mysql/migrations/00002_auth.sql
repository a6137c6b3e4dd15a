-- +goose Up
-- Who may use Unity. Secrets are kept as hashes, second factors sealed.
-- Each statement can be run again from its beginning.

CREATE TABLE IF NOT EXISTS users (
    id          VARCHAR(255) PRIMARY KEY,
    login       VARCHAR(255) NOT NULL UNIQUE COMMENT 'the name in lower case',
    name        MEDIUMTEXT   NOT NULL,
    role        VARCHAR(255) NOT NULL,
    password    MEDIUMTEXT   NOT NULL,
    factor      MEDIUMTEXT   NOT NULL,
    factor_step BIGINT       NOT NULL,
    subject     VARCHAR(500) UNIQUE COMMENT 'who it is to a provider of OpenID Connect',
    created     BIGINT       NOT NULL,
    updated     BIGINT       NOT NULL,
    last_login  BIGINT       NOT NULL
) ENGINE InnoDB CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100600 COLLATE utf8mb4_nopad_bin */;

CREATE TABLE IF NOT EXISTS setup_codes (
    hash    VARCHAR(255) PRIMARY KEY,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL
) ENGINE InnoDB CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100600 COLLATE utf8mb4_nopad_bin */;

CREATE TABLE IF NOT EXISTS recovery_codes (
    owner VARCHAR(255) NOT NULL,
    hash  VARCHAR(255) NOT NULL,
    PRIMARY KEY (owner, hash)
) ENGINE InnoDB CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100600 COLLATE utf8mb4_nopad_bin */;

CREATE TABLE IF NOT EXISTS sessions (
    id        VARCHAR(255) PRIMARY KEY,
    hash      VARCHAR(255) NOT NULL UNIQUE,
    owner     VARCHAR(255) NOT NULL,
    created   BIGINT       NOT NULL,
    last_seen BIGINT       NOT NULL,
    expires   BIGINT       NOT NULL,
    address   MEDIUMTEXT   NOT NULL,
    agent     MEDIUMTEXT   NOT NULL,
    INDEX sessions_owner (owner)
) ENGINE InnoDB CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100600 COLLATE utf8mb4_nopad_bin */;

CREATE TABLE IF NOT EXISTS tokens (
    id        VARCHAR(255) PRIMARY KEY,
    hash      VARCHAR(255) NOT NULL UNIQUE,
    owner     VARCHAR(255) NOT NULL,
    name      MEDIUMTEXT   NOT NULL,
    scope     VARCHAR(255) NOT NULL,
    created   BIGINT       NOT NULL,
    expires   BIGINT       NOT NULL,
    last_used BIGINT       NOT NULL,
    INDEX tokens_owner (owner)
) ENGINE InnoDB CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100600 COLLATE utf8mb4_nopad_bin */;

CREATE TABLE IF NOT EXISTS audit (
    id      BIGINT PRIMARY KEY COMMENT 'ascending with time',
    time    BIGINT       NOT NULL,
    actor   VARCHAR(255) NOT NULL,
    name    MEDIUMTEXT   NOT NULL,
    via     VARCHAR(255) NOT NULL,
    action  VARCHAR(255) NOT NULL,
    target  MEDIUMTEXT   NOT NULL,
    address MEDIUMTEXT   NOT NULL,
    refused BOOLEAN      NOT NULL
) ENGINE InnoDB CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100600 COLLATE utf8mb4_nopad_bin */;
