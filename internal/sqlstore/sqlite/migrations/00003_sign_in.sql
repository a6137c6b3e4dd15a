-- +goose Up
-- How sessions began, and the sources that a token is for.

ALTER TABLE sessions ADD COLUMN method TEXT NOT NULL DEFAULT 'password';
ALTER TABLE tokens ADD COLUMN sources TEXT NOT NULL DEFAULT ''; -- IDs with a blank between them; empty for all

PRAGMA user_version = 3;
