-- +goose Up
-- How sessions began, and the sources that a token is for. MySQL has no ADD
-- COLUMN IF NOT EXISTS, so each column is looked for before it is added.

SET @there = (SELECT COUNT(*) FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'sessions' AND column_name = 'method');
SET @change = IF(@there, 'DO 0', 'ALTER TABLE sessions ADD COLUMN method VARCHAR(255) NOT NULL DEFAULT ''password''');
PREPARE change_sessions FROM @change;
EXECUTE change_sessions;
DEALLOCATE PREPARE change_sessions;

SET @there = (SELECT COUNT(*) FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'tokens' AND column_name = 'sources');
SET @change = IF(@there, 'DO 0', 'ALTER TABLE tokens ADD COLUMN sources MEDIUMTEXT NOT NULL COMMENT ''IDs with a blank between them; empty for all''');
PREPARE change_tokens FROM @change;
EXECUTE change_tokens;
DEALLOCATE PREPARE change_tokens;
