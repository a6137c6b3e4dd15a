-- +goose Up
-- Times of samples are those of PostgreSQL; all other times are milliseconds
-- since 1970 UTC, durations nanoseconds. Names sort by their bytes.

CREATE TABLE hosts (
    id        text COLLATE "C" PRIMARY KEY,
    name      text   NOT NULL,
    platform  text   NOT NULL,
    created   bigint NOT NULL,
    last_seen bigint NOT NULL
);

CREATE TABLE sources (
    id       text COLLATE "C" PRIMARY KEY,
    plugin   text    NOT NULL,
    name     text    NOT NULL,
    host     text    NOT NULL,
    config   text    NOT NULL,
    enabled  boolean NOT NULL,
    interval bigint  NOT NULL,
    timeout  bigint  NOT NULL,
    tags     text    NOT NULL,
    origin   text    NOT NULL,
    created  bigint  NOT NULL,
    updated  bigint  NOT NULL,
    revision bigint  NOT NULL
);

CREATE TABLE source_status (
    source       text COLLATE "C" PRIMARY KEY,
    status       text    NOT NULL,
    since        bigint  NOT NULL,
    failures     integer NOT NULL,
    last_run     bigint  NOT NULL,
    last_success bigint  NOT NULL,
    problem      text
);

CREATE TABLE source_values (
    source text COLLATE "C",
    name   text COLLATE "C",
    value  text NOT NULL,
    PRIMARY KEY (source, name)
);

CREATE TABLE runs (
    source   text COLLATE "C",
    start    bigint,
    duration bigint,
    attempts integer NOT NULL,
    outcome  text    NOT NULL,
    samples  integer NOT NULL,
    problem  text,
    PRIMARY KEY (source, start, duration)
);

CREATE TABLE snapshots (
    source   text COLLATE "C",
    time     bigint,
    document bytea NOT NULL, -- zstd
    PRIMARY KEY (source, time)
);
-- What is packed already does not get smaller.
ALTER TABLE snapshots ALTER COLUMN document SET STORAGE EXTERNAL;

CREATE TABLE events (
    id       bigint PRIMARY KEY,
    time     bigint NOT NULL,
    kind     text   NOT NULL,
    source   text   NOT NULL,
    host     text   NOT NULL,
    severity text   NOT NULL,
    title    text   NOT NULL,
    detail   text
);
CREATE INDEX events_source ON events (source);

-- Name and tags are for people who write SQL. A zero character, which jsonb does
-- not take, is left out of them.
CREATE TABLE series (
    id     bigint PRIMARY KEY,
    labels text NOT NULL, -- JSON
    tags   jsonb NOT NULL GENERATED ALWAYS AS
        (regexp_replace(labels, '(?<!\\)((?:\\\\)*)\\u0000', '\1', 'g')::jsonb - '__name__') STORED,
    name   text COLLATE "C" GENERATED ALWAYS AS
        (regexp_replace(labels, '(?<!\\)((?:\\\\)*)\\u0000', '\1', 'g')::jsonb ->> '__name__') STORED
);
CREATE INDEX series_name ON series (name);
CREATE INDEX series_tags ON series USING gin (tags jsonb_path_ops);

-- Partitions are made as they are needed; with TimescaleDB these tables become
-- hypertables. The index holds the value, too, so that reading a series touches
-- no other page.
CREATE TABLE samples (
    series bigint,
    time   timestamptz,
    value  double precision NOT NULL,
    PRIMARY KEY (series, time) INCLUDE (value)
) PARTITION BY RANGE (time);

-- Of the samples of some minutes or an hour remains one bucket, named by its end.
CREATE TABLE samples_5m (
    series   bigint,
    time     timestamptz,
    count    bigint           NOT NULL,
    sum      double precision NOT NULL,
    min      double precision NOT NULL,
    max      double precision NOT NULL,
    last     double precision NOT NULL,
    increase double precision NOT NULL,
    PRIMARY KEY (series, time)
) PARTITION BY RANGE (time);

CREATE TABLE samples_1h (
    series   bigint,
    time     timestamptz,
    count    bigint           NOT NULL,
    sum      double precision NOT NULL,
    min      double precision NOT NULL,
    max      double precision NOT NULL,
    last     double precision NOT NULL,
    increase double precision NOT NULL,
    PRIMARY KEY (series, time)
) PARTITION BY RANGE (time);

-- Every sample with what it is a sample of. A value that JSON has no number for
-- is text: "NaN", "Infinity", "-Infinity".
CREATE VIEW plugin_metrics AS
SELECT m.time, o.plugin AS plugin_id, s.name AS metric_name, to_jsonb(m.value) AS value, s.tags
FROM samples m
JOIN series s ON s.id = m.series
LEFT JOIN sources o ON o.id = s.tags ->> 'source';

-- How far the writer is in the journal, and the highest numbers ever given.
CREATE TABLE marks (
    name  text COLLATE "C" PRIMARY KEY,
    value bigint NOT NULL
);

-- Stretches of time whose buckets were written before all samples had come.
CREATE TABLE late_samples (
    series  bigint NOT NULL,
    stretch bigint NOT NULL,
    PRIMARY KEY (series, stretch)
);
