-- The words come folded from mail::search, the same as in SQLite; the vector is made by us, not by a text search
-- configuration. Columns are weights: A subject, B sender and recipients, C body, D attachments and scope.
CREATE TABLE search (
    organisation BIGINT NOT NULL,
    message BIGINT NOT NULL,
    words TSVECTOR NOT NULL,
    PRIMARY KEY (organisation, message)
);
CREATE INDEX search_words ON search USING gin (words);
