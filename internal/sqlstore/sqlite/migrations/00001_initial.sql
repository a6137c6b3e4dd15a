-- +goose Up
-- Times are milliseconds since 1970 UTC, durations nanoseconds.

CREATE TABLE hosts (
    id        TEXT PRIMARY KEY,
    name      TEXT    NOT NULL,
    platform  TEXT    NOT NULL,
    created   INTEGER NOT NULL,
    last_seen INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE sources (
    id       TEXT PRIMARY KEY,
    plugin   TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    host     TEXT    NOT NULL,
    config   TEXT    NOT NULL,
    enabled  INTEGER NOT NULL,
    interval INTEGER NOT NULL,
    timeout  INTEGER NOT NULL,
    tags     TEXT    NOT NULL,
    origin   TEXT    NOT NULL,
    created  INTEGER NOT NULL,
    updated  INTEGER NOT NULL,
    revision INTEGER NOT NULL
);

CREATE TABLE source_status (
    source       TEXT PRIMARY KEY,
    status       TEXT    NOT NULL,
    since        INTEGER NOT NULL,
    failures     INTEGER NOT NULL,
    last_run     INTEGER NOT NULL,
    last_success INTEGER NOT NULL,
    problem      TEXT
) WITHOUT ROWID;

CREATE TABLE source_values (
    source TEXT NOT NULL,
    name   TEXT NOT NULL,
    value  TEXT NOT NULL,
    PRIMARY KEY (source, name)
);

CREATE TABLE runs (
    source   TEXT    NOT NULL,
    start    INTEGER NOT NULL,
    duration INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    outcome  TEXT    NOT NULL,
    samples  INTEGER NOT NULL,
    problem  TEXT,
    PRIMARY KEY (source, start, duration)
) WITHOUT ROWID;

CREATE TABLE snapshots (
    source   TEXT    NOT NULL,
    time     INTEGER NOT NULL,
    document BLOB    NOT NULL, -- zstd
    UNIQUE (source, time)
);

CREATE TABLE events (
    id       INTEGER PRIMARY KEY,
    time     INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    source   TEXT    NOT NULL,
    host     TEXT    NOT NULL,
    severity TEXT    NOT NULL,
    title    TEXT    NOT NULL,
    detail   TEXT
);
CREATE INDEX events_source ON events (source);

CREATE TABLE series (
    id     INTEGER PRIMARY KEY,
    labels TEXT NOT NULL
);

-- The samples of one series from start to "end", packed. New rows go to the
-- end of the table. The index begins with the two days in which a row starts,
-- so that new entries come close together, too, and not among those of every
-- series: each page that is touched is written as a whole.
-- Level counts how often the row was merged; 9 is as long as it gets.
CREATE TABLE samples (
    id     INTEGER PRIMARY KEY,
    series INTEGER NOT NULL,
    start  INTEGER NOT NULL,
    "end"  INTEGER NOT NULL,
    count  INTEGER NOT NULL,
    level  INTEGER NOT NULL,
    data   BLOB    NOT NULL,
    period INTEGER NOT NULL GENERATED ALWAYS AS (start / 172800000) VIRTUAL
);
CREATE INDEX samples_period ON samples (period, series);
CREATE INDEX samples_level ON samples (level, series, count) WHERE level < 9;

-- The buckets of one series and tier from start on, packed. Level is the length
-- of the span; a row of a higher number is right where two tell of the same time.
CREATE TABLE buckets (
    id     INTEGER PRIMARY KEY,
    step   INTEGER NOT NULL,
    level  INTEGER NOT NULL,
    start  INTEGER NOT NULL,
    series INTEGER NOT NULL,
    data   BLOB    NOT NULL
);
CREATE INDEX buckets_start ON buckets (step, level, start, series);

-- Stretches of time whose buckets were written before all samples had come.
CREATE TABLE late_samples (
    series  INTEGER NOT NULL,
    stretch INTEGER NOT NULL,
    PRIMARY KEY (series, stretch)
) WITHOUT ROWID;

-- How far the writer is in the journal, and the highest numbers ever given.
CREATE TABLE marks (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;

PRAGMA user_version = 1;
