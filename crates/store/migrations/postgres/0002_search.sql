-- The words come folded from mail::search, the same as in SQLite; the vector is made by us, not by a text search
-- configuration. Fields are weights: A subject, B sender, C recipients, D the rest (see search/postgres.rs).
CREATE TABLE search (
    organisation BIGINT NOT NULL,
    message BIGINT NOT NULL,
    words TSVECTOR NOT NULL,
    PRIMARY KEY (organisation, message)
);
CREATE INDEX search_words ON search USING gin (words);
