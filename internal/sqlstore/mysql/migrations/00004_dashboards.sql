-- +goose Up
-- Pages that people make, and small things that belong to no other table.
-- Each statement can be run again from its beginning.

CREATE TABLE IF NOT EXISTS dashboards (
    id       VARCHAR(255) PRIMARY KEY,
    owner    MEDIUMTEXT NOT NULL,
    document MEDIUMTEXT NOT NULL COMMENT 'JSON',
    created  BIGINT     NOT NULL,
    updated  BIGINT     NOT NULL,
    revision BIGINT     NOT NULL
) ENGINE InnoDB CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100600 COLLATE utf8mb4_nopad_bin */;

CREATE TABLE IF NOT EXISTS notes (
    area    VARCHAR(64)  NOT NULL,
    name    VARCHAR(255) NOT NULL,
    value   MEDIUMTEXT   NOT NULL,
    updated BIGINT       NOT NULL,
    PRIMARY KEY (area, name)
) ENGINE InnoDB CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100600 COLLATE utf8mb4_nopad_bin */;

CREATE TABLE IF NOT EXISTS answers (
    owner   VARCHAR(255) NOT NULL,
    name    VARCHAR(255) NOT NULL,
    request VARCHAR(255) NOT NULL COMMENT 'a hash of it',
    status  BIGINT       NOT NULL,
    kind    VARCHAR(255) NOT NULL COMMENT 'the type of the body',
    body    MEDIUMBLOB   NOT NULL,
    created BIGINT       NOT NULL,
    PRIMARY KEY (owner, name),
    INDEX answers_created (created)
) ENGINE InnoDB CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100600 COLLATE utf8mb4_nopad_bin */;
