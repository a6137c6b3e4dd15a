-- +goose Up
-- How sessions began, and the sources that a token is for.

ALTER TABLE sessions ADD COLUMN method text NOT NULL DEFAULT 'password';
ALTER TABLE tokens ADD COLUMN sources text NOT NULL DEFAULT ''; -- IDs with a blank between them; empty for all
