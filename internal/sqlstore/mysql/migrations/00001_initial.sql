-- +goose Up
-- Times are milliseconds since 1970 UTC, durations nanoseconds.
--
-- A statement that changes a table cannot be undone here: what a migration did
-- before it was cut short stays. So every one of them must be such that it can
-- be run again from its beginning.
--
-- Text that is compared is compared byte by byte, blanks at its end included.
-- MySQL and MariaDB call that by different names; each reads its own comment.

CREATE TABLE IF NOT EXISTS marks (
    name  VARCHAR(255) PRIMARY KEY,
    value BIGINT       NOT NULL
) ENGINE InnoDB CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100600 COLLATE utf8mb4_nopad_bin */
    COMMENT 'how far the writer is in the journal, and the highest numbers ever given';

CREATE TABLE IF NOT EXISTS hosts (
    id        VARCHAR(255) PRIMARY KEY,
    name      MEDIUMTEXT NOT NULL,
    platform  MEDIUMTEXT NOT NULL,
    created   BIGINT     NOT NULL,
    last_seen BIGINT     NOT NULL
) ENGINE InnoDB CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100600 COLLATE utf8mb4_nopad_bin */;

CREATE TABLE IF NOT EXISTS sources (
    id         VARCHAR(255) PRIMARY KEY,
    plugin     VARCHAR(255) NOT NULL,
    name       MEDIUMTEXT   NOT NULL,
    host       VARCHAR(255) NOT NULL,
    config     MEDIUMTEXT   NOT NULL,
    enabled    BOOLEAN      NOT NULL,
    `interval` BIGINT       NOT NULL,
    timeout    BIGINT       NOT NULL,
    tags       MEDIUMTEXT   NOT NULL,
    origin     VARCHAR(255) NOT NULL,
    created    BIGINT       NOT NULL,
    updated    BIGINT       NOT NULL,
    revision   BIGINT       NOT NULL
) ENGINE InnoDB CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100600 COLLATE utf8mb4_nopad_bin */;

CREATE TABLE IF NOT EXISTS source_status (
    source       VARCHAR(255) PRIMARY KEY,
    status       VARCHAR(255) NOT NULL,
    since        BIGINT       NOT NULL,
    failures     BIGINT       NOT NULL,
    last_run     BIGINT       NOT NULL,
    last_success BIGINT       NOT NULL,
    problem      MEDIUMTEXT
) ENGINE InnoDB CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100600 COLLATE utf8mb4_nopad_bin */;

CREATE TABLE IF NOT EXISTS source_values (
    source VARCHAR(255) NOT NULL,
    name   VARCHAR(255) NOT NULL,
    value  MEDIUMTEXT   NOT NULL,
    PRIMARY KEY (source, name)
) ENGINE InnoDB CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100600 COLLATE utf8mb4_nopad_bin */;

CREATE TABLE IF NOT EXISTS runs (
    source   VARCHAR(255) NOT NULL,
    start    BIGINT       NOT NULL,
    duration BIGINT       NOT NULL,
    attempts BIGINT       NOT NULL,
    outcome  VARCHAR(255) NOT NULL,
    samples  BIGINT       NOT NULL,
    problem  MEDIUMTEXT,
    PRIMARY KEY (source, start, duration)
) ENGINE InnoDB CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100600 COLLATE utf8mb4_nopad_bin */;

CREATE TABLE IF NOT EXISTS snapshots (
    source   VARCHAR(255) NOT NULL,
    time     BIGINT       NOT NULL,
    document MEDIUMBLOB   NOT NULL COMMENT 'JSON, packed with zstd',
    PRIMARY KEY (source, time)
) ENGINE InnoDB CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100600 COLLATE utf8mb4_nopad_bin */;

CREATE TABLE IF NOT EXISTS events (
    id       BIGINT PRIMARY KEY,
    time     BIGINT       NOT NULL,
    kind     VARCHAR(255) NOT NULL,
    source   VARCHAR(255) NOT NULL,
    host     VARCHAR(255) NOT NULL,
    severity VARCHAR(255) NOT NULL,
    title    MEDIUMTEXT   NOT NULL,
    detail   MEDIUMTEXT,
    INDEX events_source (source)
) ENGINE InnoDB CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100600 COLLATE utf8mb4_nopad_bin */;

CREATE TABLE IF NOT EXISTS series (
    id     INT UNSIGNED PRIMARY KEY,
    labels MEDIUMTEXT NOT NULL COMMENT 'JSON',
    name   VARCHAR(255) AS (LEFT(JSON_UNQUOTE(JSON_EXTRACT(labels, '$.__name__')), 255)) VIRTUAL,
    source VARCHAR(255) AS (LEFT(JSON_UNQUOTE(JSON_EXTRACT(labels, '$.source')), 255)) VIRTUAL
) ENGINE InnoDB CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100600 COLLATE utf8mb4_nopad_bin */;

-- Samples and buckets. The key begins with the series, so that what one query
-- reads is together. Partitions are made and dropped by the program; each is
-- named after the day that it ends before.
--
-- A column of numbers holds no NaN and no infinity, which are NULL there, and no
-- -0, which is 0. The bits of such a value are in the other column.

CREATE TABLE IF NOT EXISTS samples (
    series INT UNSIGNED NOT NULL,
    time   BIGINT       NOT NULL,
    value  DOUBLE,
    bits   BIGINT       COMMENT 'of a value that the other column cannot hold',
    PRIMARY KEY (series, time)
) ENGINE InnoDB /*M!100600 PAGE_COMPRESSED = 1 */
PARTITION BY RANGE (time) (PARTITION later VALUES LESS THAN MAXVALUE);

CREATE TABLE IF NOT EXISTS samples_5m (
    series   INT UNSIGNED NOT NULL,
    time     BIGINT       NOT NULL COMMENT 'the end of the bucket',
    count    BIGINT       NOT NULL,
    sum      DOUBLE,
    min      DOUBLE,
    max      DOUBLE,
    last     DOUBLE,
    increase DOUBLE,
    bits     BINARY(40)   COMMENT 'of all five numbers where a column cannot hold one',
    PRIMARY KEY (series, time)
) ENGINE InnoDB /*M!100600 PAGE_COMPRESSED = 1 */
PARTITION BY RANGE (time) (PARTITION later VALUES LESS THAN MAXVALUE);

CREATE TABLE IF NOT EXISTS samples_1h (
    series   INT UNSIGNED NOT NULL,
    time     BIGINT       NOT NULL COMMENT 'the end of the bucket',
    count    BIGINT       NOT NULL,
    sum      DOUBLE,
    min      DOUBLE,
    max      DOUBLE,
    last     DOUBLE,
    increase DOUBLE,
    bits     BINARY(40)   COMMENT 'of all five numbers where a column cannot hold one',
    PRIMARY KEY (series, time)
) ENGINE InnoDB /*M!100600 PAGE_COMPRESSED = 1 */
PARTITION BY RANGE (time) (PARTITION later VALUES LESS THAN MAXVALUE);

-- Stretches of time whose buckets were written before all samples had come.
CREATE TABLE IF NOT EXISTS late_samples (
    series  BIGINT NOT NULL,
    stretch BIGINT NOT NULL,
    PRIMARY KEY (series, stretch)
) ENGINE InnoDB;
