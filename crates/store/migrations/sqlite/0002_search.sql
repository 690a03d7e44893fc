-- Contentless: the words only, already folded by mail::search, so that tokens are what lies between blanks.
-- `scope` holds the account, so that rights are part of the match itself.
CREATE VIRTUAL TABLE search USING fts5(
    subject, sender, recipients, body, attachments, scope,
    content = '', contentless_delete = 1, tokenize = 'ascii'
);
-- Words wait in memory up to 16 MiB, so that a batch of messages becomes one segment.
INSERT INTO search (search, rank) VALUES ('hashsize', 16777216);
-- Segments are merged sixteen at a time: merging by fours cost a quarter of the writer's time during a first fetch.
INSERT INTO search (search, rank) VALUES ('automerge', 16);
-- From sixteen on each commit joins a little. All at once is for four times as many: at seventeen, which is the default, the
-- next mail waited a quarter of a second for the whole index of a first fetch to be written anew.
INSERT INTO search (search, rank) VALUES ('crisismerge', 64);
-- Two segments are enough to be joined when nobody writes: see search::sqlite::settle.
INSERT INTO search (search, rank) VALUES ('usermerge', 2);
