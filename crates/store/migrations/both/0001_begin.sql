-- Tokens that the migrator fills in for the engine:
--   ROWKEY        a key that is the row's own: INTEGER PRIMARY KEY on SQLite, BIGINT NOT NULL on PostgreSQL
--   ROWKEY_UNIQUE what belongs to it: nothing on SQLite, PRIMARY KEY (organisation, id) on PostgreSQL
--   CLUSTERED     rows live in their key: WITHOUT ROWID on SQLite, nothing on PostgreSQL
-- Times are milliseconds since 1970 and end in _at. Text that holds JSON says so.

CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE organisations (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    data_key BYTEA NOT NULL,           -- this organisation's key, sealed with the master key
    message_id_key BYTEA NOT NULL,     -- signs our Message-IDs; sealed with the data key
    change_seq BIGINT NOT NULL,        -- last number given out in changes; its row lock orders the feed
    settings TEXT NOT NULL,            -- JSON
    second_factor_for_administrators BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL
);

CREATE TABLE users (
    organisation BIGINT NOT NULL,
    id BIGINT NOT NULL,
    email TEXT NOT NULL,
    email_folded TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,                -- administrator, mailbox_manager, member
    language TEXT NOT NULL,            -- nl, en
    password TEXT,                     -- argon2id with the pepper, PHC string
    totp_secret BYTEA,                 -- sealed to this row
    totp_since_at BIGINT,              -- NULL: not confirmed with a code yet
    totp_step BIGINT,                  -- of the last code: each works once
    active BOOLEAN NOT NULL,
    default_account BIGINT,
    private_incoming BOOLEAN NOT NULL,
    private_outgoing BOOLEAN NOT NULL,
    letter_when_called BOOLEAN NOT NULL DEFAULT TRUE,
    letter_when_assigned BOOLEAN NOT NULL DEFAULT TRUE,
    notice_when_called BOOLEAN NOT NULL DEFAULT TRUE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, id)
);
CREATE UNIQUE INDEX users_email ON users (email_folded);

-- Somebody at a browser. Half way, the password was right and the second factor is awaited.
CREATE TABLE sessions (
    organisation BIGINT NOT NULL,
    id BIGINT NOT NULL,
    person BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    half_way BOOLEAN NOT NULL,
    renew BOOLEAN NOT NULL,            -- the person's rights changed: the next request gets another token
    source TEXT NOT NULL,
    agent TEXT NOT NULL,
    confirmed_at BIGINT NOT NULL,      -- when the password was last asked
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, id)
);
CREATE UNIQUE INDEX sessions_digest ON sessions (digest);
CREATE INDEX sessions_person ON sessions (organisation, person);

-- Browsers that a person signed in with before: an attack on the person does not keep them out.
CREATE TABLE known_devices (
    organisation BIGINT NOT NULL,
    person BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, person, digest)
) CLUSTERED;

CREATE TABLE recovery_codes (
    organisation BIGINT NOT NULL,
    person BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (organisation, person, digest)
) CLUSTERED;

-- Where the people of an organisation may sign in besides here: an OpenID Connect provider, one for an organisation.
CREATE TABLE identity_providers (
    organisation BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,                -- on the button
    issuer TEXT NOT NULL,              -- exactly as the provider writes it
    client_id TEXT NOT NULL,
    client_secret BYTEA NOT NULL,      -- sealed to this row
    secret_set_at BIGINT NOT NULL,
    passwords_for_members BOOLEAN NOT NULL, -- administrators keep theirs in any case
    admit_unknown BOOLEAN NOT NULL,    -- who is new and has an address of a listed domain becomes a member
    domains TEXT NOT NULL,             -- JSON list
    PRIMARY KEY (organisation, id)
);
CREATE UNIQUE INDEX identity_providers_organisation ON identity_providers (organisation);

-- Who somebody is at the provider: what signs them in, whatever their address becomes.
CREATE TABLE identities (
    organisation BIGINT NOT NULL,
    person BIGINT NOT NULL,            -- a user
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,             -- the provider's own id of them
    bound_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, person)
) CLUSTERED;
CREATE UNIQUE INDEX identities_subject ON identities (organisation, issuer, subject);

-- An app that an organisation registered at a provider of mailboxes.
CREATE TABLE app_registrations (
    organisation BIGINT NOT NULL,
    id BIGINT NOT NULL,
    provider TEXT NOT NULL,            -- microsoft, google
    tenant TEXT NOT NULL,              -- the organisation's name or number there; empty at Google
    client_id TEXT NOT NULL,
    acts_alone BOOLEAN NOT NULL,       -- it may open mailboxes by itself
    proof TEXT NOT NULL,               -- secret, certificate, service_account
    proof_shown TEXT,                  -- what may be seen of it: a certificate's fingerprint, a service account's address
    client_secret BYTEA NOT NULL,      -- sealed to this row: the secret, the certificate with its key, or the key file
    secret_set_at BIGINT NOT NULL,
    expires_at BIGINT,                 -- when the secret ends there, as far as somebody said
    warned_days BIGINT,                -- the fewest days before that of which administrators were told
    PRIMARY KEY (organisation, id)
);
CREATE UNIQUE INDEX app_registrations_provider ON app_registrations (organisation, provider);

-- Where Google tells an organisation of new mail.
CREATE TABLE google_topics (
    organisation BIGINT NOT NULL PRIMARY KEY,
    id BIGINT NOT NULL,
    topic TEXT NOT NULL,               -- projects/PROJECT/topics/NAME
    pusher TEXT NOT NULL,              -- the service account that posts, or fetches, in small letters
    subscription TEXT,                 -- projects/PROJECT/subscriptions/NAME, from which news are fetched; NULL: they are posted
    reader_key BYTEA,                  -- the key file of the service account that fetches, sealed to this row
    set_at BIGINT NOT NULL,
    told_at BIGINT,                    -- when news last came, to the minute
    trouble TEXT                       -- why the last fetching failed; NULL: it went well
);
CREATE INDEX google_topics_pusher ON google_topics (pusher);

-- Domains at Mailgun by which mailboxes send and receive.
CREATE TABLE mailgun_domains (
    organisation BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,                -- in small letters
    region TEXT NOT NULL,              -- us, eu
    api_key BYTEA NOT NULL,            -- sealed to this row
    signing_key BYTEA,                 -- sealed to this row; without it nothing that is posted to us is believed
    keys_set_at BIGINT NOT NULL,
    state TEXT NOT NULL,               -- active, unverified, disabled, as Mailgun said last
    records TEXT NOT NULL,             -- JSON: what Mailgun wants to see in DNS
    checked_at BIGINT,                 -- when it was last asked and answered
    told_at BIGINT,                    -- when the last post came that was signed
    log_at BIGINT,                     -- up to when its log was read
    log_tried_at BIGINT,               -- when somebody last began to
    came_at BIGINT,                    -- up to when mail that came in was held against what is here
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, id)
);
CREATE UNIQUE INDEX mailgun_domains_name ON mailgun_domains (organisation, name);

-- What Mailgun posted and was taken, so that the same post again is not taken twice. Kept longer than a post is believed.
CREATE TABLE mailgun_posts (
    organisation BIGINT NOT NULL,
    domain BIGINT NOT NULL,
    token TEXT NOT NULL,
    account BIGINT NOT NULL,           -- into which mailbox; 0: an event, or nobody's
    digest BYTEA NOT NULL,             -- of all that was posted
    taken_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, domain, token, account)
) CLUSTERED;
CREATE INDEX mailgun_posts_taken ON mailgun_posts (taken_at);
-- Who may send by our own hand: a mailbox whose address was shown to be ours by a code that was mailed to it.
CREATE TABLE sender_addresses (
    organisation BIGINT NOT NULL,
    account BIGINT NOT NULL,
    address_folded TEXT NOT NULL,      -- what is shown; another address of the account is not
    code_digest BYTEA,                 -- of the code under way
    code_sent_at BIGINT,
    tries BIGINT NOT NULL,             -- wrong codes since it was sent
    verified_at BIGINT,
    PRIMARY KEY (organisation, account)
);

-- And a domain that was shown to be ours by a record in the DNS: all of its addresses.
CREATE TABLE sender_domains (
    organisation BIGINT NOT NULL,
    domain TEXT NOT NULL,
    token TEXT NOT NULL,               -- what the record says
    checked_at BIGINT,                 -- when it was last looked for
    verified_at BIGINT,
    renew_after_days BIGINT NOT NULL DEFAULT 180, -- new keys are made of themselves when the old are so old; 0 is never
    PRIMARY KEY (organisation, domain)
) CLUSTERED;

-- What signs mail that we deliver ourselves (DKIM).
CREATE TABLE dkim_keys (
    organisation BIGINT NOT NULL,
    id BIGINT NOT NULL,
    domain TEXT NOT NULL,
    selector TEXT NOT NULL,            -- where the public half is published
    algorithm TEXT NOT NULL,           -- rsa, ed25519
    public_key TEXT NOT NULL,          -- as it stands in the record
    private_key BYTEA NOT NULL,        -- PKCS #8, sealed to this row
    published_at BIGINT,               -- since when it is seen in the DNS; otherwise it signs nothing
    began_at BIGINT,                   -- when it was seen there for the first time: its age counts from here
    retired_at BIGINT,                 -- signs no more: a newer one took its place
    told BIGINT NOT NULL DEFAULT 0,    -- so many times administrators were told that its record is waited for
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, id)
);
CREATE INDEX dkim_keys_domain ON dkim_keys (organisation, domain);

-- What domains ask of those who deliver to them (MTA-STS), for the whole installation.
CREATE TABLE mta_sts_policies (
    domain TEXT NOT NULL PRIMARY KEY,
    version TEXT NOT NULL,             -- as the domain numbers it
    policy TEXT NOT NULL,
    fetched_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL
);

-- Visitors who were sent to a provider and are awaited back, once each.
CREATE TABLE departures (
    organisation BIGINT NOT NULL,
    digest BYTEA NOT NULL PRIMARY KEY, -- of the state that they bring back
    purpose TEXT NOT NULL,             -- sign_in, mailbox
    account BIGINT,                    -- the mailbox that is to be opened
    opens TEXT,                        -- what its grant was for when they left: provider, by whom, address
    visitor BYTEA NOT NULL,            -- digest of what the browser showed when it left
    redirect_uri TEXT NOT NULL,
    onward TEXT NOT NULL,              -- the path of ours to go on to
    expires_at BIGINT NOT NULL
);

-- Codes that somebody types elsewhere to open a mailbox (RFC 8628), the last one of each mailbox.
CREATE TABLE device_codes (
    organisation BIGINT NOT NULL,
    id BIGINT NOT NULL,                -- the mailbox that is to be opened
    person BIGINT,                     -- the user who asked; none: the command line
    opens TEXT NOT NULL,               -- what the grant is for: provider, by whom, address
    state TEXT NOT NULL,               -- waiting, done, refused
    device_code BYTEA,                 -- what is redeemed, sealed to this row; none once it is settled
    user_code TEXT NOT NULL,
    verification_uri TEXT NOT NULL,
    interval_ms BIGINT NOT NULL,       -- between two questions to the provider
    next_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    why_code TEXT,                     -- why it was refused
    why_nl TEXT,
    why_en TEXT,
    PRIMARY KEY (organisation, id)
);
CREATE INDEX device_codes_due ON device_codes (next_at) WHERE state = 'waiting';

-- Nodes that take mail in by SMTP, as they say of themselves every minute.
CREATE TABLE listeners (
    node TEXT NOT NULL PRIMARY KEY,
    address TEXT NOT NULL,             -- ADDR:PORT
    certified BOOLEAN NOT NULL,        -- with a certificate of the owner's, not one of our own making
    since_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);

-- Wrong passwords and codes, inward. A subject is a person, a browser or a network; no address stands here in words.
CREATE TABLE guards (
    subject TEXT NOT NULL PRIMARY KEY,
    organisation BIGINT,               -- of the person last tried, when there is one
    count BIGINT NOT NULL,
    since_at BIGINT NOT NULL,
    tried_at BIGINT NOT NULL,
    blocked_until_at BIGINT
);

CREATE TABLE workgroups (
    organisation BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, id)
);
CREATE UNIQUE INDEX workgroups_name ON workgroups (organisation, name);

CREATE TABLE members (
    organisation BIGINT NOT NULL,
    workgroup BIGINT NOT NULL,
    person BIGINT NOT NULL,            -- a user
    PRIMARY KEY (organisation, workgroup, person)
) CLUSTERED;
CREATE INDEX members_person ON members (organisation, person);

CREATE TABLE tokens (
    organisation BIGINT NOT NULL,
    id BIGINT NOT NULL,
    person BIGINT NOT NULL,
    name TEXT NOT NULL,
    scope TEXT NOT NULL,               -- read, write, admin
    digest BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at BIGINT,
    PRIMARY KEY (organisation, id)
);
CREATE UNIQUE INDEX tokens_digest ON tokens (digest);

CREATE TABLE one_time_links (
    organisation BIGINT NOT NULL,
    digest BYTEA NOT NULL PRIMARY KEY,
    person BIGINT NOT NULL,
    purpose TEXT NOT NULL,             -- password
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE TABLE accounts (
    organisation BIGINT NOT NULL,
    id BIGINT NOT NULL,
    display_name TEXT NOT NULL,
    address TEXT NOT NULL,
    address_folded TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    is_primary BOOLEAN NOT NULL,
    incoming TEXT NOT NULL,            -- JSON, without the secret
    outgoing TEXT NOT NULL,            -- JSON, without the secret
    access TEXT NOT NULL,              -- own, app, shared: by whom a mailbox at a provider is opened
    relay_folded TEXT,                 -- the address of ours that its mail comes to; NULL: none
    incoming_secret BYTEA,             -- sealed to this row
    outgoing_secret BYTEA,             -- sealed to this row
    secrets_set_at BIGINT,
    push BOOLEAN NOT NULL,
    interval_seconds BIGINT,           -- NULL: none
    disable_after_errors BIGINT NOT NULL,
    sync_since BIGINT,
    bcc TEXT,
    never_link TEXT NOT NULL,          -- JSON list of addresses and domains
    allow_plaintext BOOLEAN NOT NULL,
    pinned_certificate TEXT,
    limits TEXT NOT NULL,              -- JSON: connections, per_connection, per_minute, per_day
    font TEXT,                         -- of what is written here; NULL: the reader's own
    font_size BIGINT,                  -- points
    signature TEXT,                    -- HTML made safe; NULL: none
    sent_copy TEXT NOT NULL,           -- unknown, provider, ours: learnt (pains P17)
    health_colour TEXT NOT NULL,       -- green, amber, red
    health_code TEXT,
    health_words TEXT,                 -- what the server said
    health_since_at BIGINT NOT NULL,
    errors_in_row BIGINT NOT NULL,
    refused_sign_ins BIGINT NOT NULL,
    parked BOOLEAN NOT NULL,           -- waits for a person: no connection until it is saved again
    next_try_at BIGINT,
    last_fetched_at BIGINT,
    identity TEXT,                     -- the server and name behind which its mailbox was last seen
    restoring_at BIGINT,               -- when restoring was asked for; NULL once a pass came to its end
    lease_owner TEXT,
    lease_until_at BIGINT,
    fence BIGINT NOT NULL,
    version BIGINT NOT NULL,           -- grows when a person saves it
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, id)
);
CREATE UNIQUE INDEX accounts_address ON accounts (organisation, address_folded);
CREATE UNIQUE INDEX accounts_relay ON accounts (relay_folded) WHERE relay_folded IS NOT NULL;

-- Whose turn it is to renew the grant of an account (RFC 6749 §6): of all nodes one at a time.
CREATE TABLE renewals (
    organisation BIGINT NOT NULL,
    account BIGINT NOT NULL,
    turn BIGINT NOT NULL,              -- a number that nobody else chose
    until_at BIGINT NOT NULL,          -- then it is over, whatever became of who has it
    PRIMARY KEY (organisation, account)
);

-- Accounts that are to be fetched soon by the node that has them: another one heard of news.
CREATE TABLE calls (
    organisation BIGINT NOT NULL,
    account BIGINT NOT NULL,
    anew BOOLEAN NOT NULL,             -- the provider tells no longer unless it is asked to anew
    PRIMARY KEY (organisation, account)
);

CREATE TABLE owners (
    organisation BIGINT NOT NULL,
    account BIGINT NOT NULL,
    person BIGINT NOT NULL,            -- a user or, with is_group, a group
    is_group BOOLEAN NOT NULL,
    can_read BOOLEAN NOT NULL,
    can_send BOOLEAN NOT NULL,
    can_manage BOOLEAN NOT NULL,
    PRIMARY KEY (organisation, account, person)
);
CREATE INDEX owners_person ON owners (organisation, person);

CREATE TABLE folders (
    organisation BIGINT NOT NULL,
    id BIGINT NOT NULL,
    account BIGINT NOT NULL,
    remote TEXT NOT NULL,
    name TEXT NOT NULL,
    separator TEXT,
    declared_role TEXT NOT NULL,
    chosen_role TEXT,
    role TEXT NOT NULL,                -- what counts: chosen, else declared, else guessed from the name
    selectable BOOLEAN NOT NULL,
    epoch BIGINT,                      -- the server's (UIDVALIDITY)
    generation BIGINT NOT NULL,        -- ours: grows when the epoch changes
    cursor TEXT,
    thorough BOOLEAN NOT NULL DEFAULT FALSE, -- the next pull compares everything, whatever the cursor says
    messages BIGINT NOT NULL,
    unread BIGINT NOT NULL,
    parked TEXT,                       -- why it can't be opened
    on_server BIGINT,                  -- the ledger, as last checked
    excluded BIGINT NOT NULL,
    missing BIGINT,
    checked_at BIGINT,
    gone_at BIGINT,
    PRIMARY KEY (organisation, id)
);
CREATE UNIQUE INDEX folders_remote ON folders (organisation, account, remote);

-- One row a message of an account, by digest. The key's high bits are the second the server received it, so that key
-- order is reading order and a search can stop after the first page.
CREATE TABLE messages (
    organisation BIGINT NOT NULL,
    id ROWKEY,
    account BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    conversation BIGINT NOT NULL,
    sent_at BIGINT,
    received_at BIGINT NOT NULL,
    fetched_at BIGINT NOT NULL,
    restored BOOLEAN NOT NULL DEFAULT FALSE, -- came by restoring: people see fetched_at as its date
    size BIGINT NOT NULL,
    attachments BIGINT NOT NULL,
    outgoing BOOLEAN NOT NULL,         -- from the account's own address
    origin TEXT NOT NULL,
    private BOOLEAN NOT NULL,
    private_by BIGINT,
    private_reason TEXT,
    flags BIGINT NOT NULL,             -- of its places together: see place.rs
    gone_at BIGINT                     -- no place holds it any more
    ROWKEY_UNIQUE
);
CREATE UNIQUE INDEX messages_digest ON messages (organisation, account, digest);
CREATE INDEX messages_account ON messages (organisation, account, id);
CREATE INDEX messages_unread ON messages (organisation, account, id) WHERE (flags & 1) = 0;
CREATE INDEX messages_conversation ON messages (organisation, conversation, id);

-- What is long and never changes of a message, apart from it: a thousand changed flags then touch a few pages.
CREATE TABLE message_texts (
    organisation BIGINT NOT NULL,
    id ROWKEY,                         -- the message's
    message_id TEXT,
    subject TEXT NOT NULL,
    people TEXT NOT NULL,              -- JSON: from, to, cc, bcc, reply_to
    preview TEXT NOT NULL,
    defects TEXT                       -- JSON
    ROWKEY_UNIQUE
);

CREATE TABLE places (
    organisation BIGINT NOT NULL,
    folder BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    remote BIGINT NOT NULL,            -- UID, or a hash of remote_name
    remote_name TEXT,
    account BIGINT NOT NULL,
    message BIGINT NOT NULL,
    flags BIGINT NOT NULL,
    keywords TEXT,
    shown_in BIGINT NOT NULL,          -- the folder that people see it in: where it lies, or where an edit moves it to
    PRIMARY KEY (organisation, folder, generation, remote)
) CLUSTERED;
CREATE INDEX places_list ON places (organisation, shown_in, message);
CREATE INDEX places_message ON places (organisation, message, shown_in);

-- What a server that only hands over (POP3) has shown in its one folder, by its own names: taken or left there, and what
-- became of it there.
CREATE TABLE collected (
    organisation BIGINT NOT NULL,
    folder BIGINT NOT NULL,
    number BIGINT NOT NULL,            -- a hash of the name
    name TEXT NOT NULL,                -- the server's (UIDL)
    account BIGINT NOT NULL,
    digest BYTEA,                      -- of the message that was taken; NULL: it stays there
    received_at BIGINT,                -- of one that stays there: when the server received it
    seen_at BIGINT NOT NULL,           -- when it was taken or left
    asked_at BIGINT,                   -- when the server was last asked to delete it
    confirmed_at BIGINT,               -- when the server said that it did
    gone_at BIGINT,                    -- when a list of the server came without it
    erased BOOLEAN NOT NULL DEFAULT FALSE, -- somebody asked for its erasure: it leaves the server in any case
    PRIMARY KEY (organisation, folder, number)
) CLUSTERED;
CREATE INDEX collected_account ON collected (organisation, account);

CREATE TABLE conversations (
    organisation BIGINT NOT NULL,
    id BIGINT NOT NULL,
    subject TEXT NOT NULL,
    base_subject TEXT NOT NULL,
    state TEXT NOT NULL,               -- open, closed
    assignee BIGINT,
    snoozed_until_at BIGINT,
    last_at BIGINT NOT NULL,
    merged_into BIGINT,
    PRIMARY KEY (organisation, id)
) CLUSTERED;

CREATE INDEX conversations_assignee ON conversations (organisation, assignee, state) WHERE assignee IS NOT NULL;
CREATE INDEX conversations_state ON conversations (organisation, state);
CREATE INDEX conversations_snoozed ON conversations (organisation, snoozed_until_at) WHERE snoozed_until_at IS NOT NULL;

-- What people did to a conversation.
CREATE TABLE activities (
    organisation BIGINT NOT NULL,
    conversation BIGINT NOT NULL,
    id BIGINT NOT NULL,                -- the number of its change in the feed
    kind TEXT NOT NULL,                -- assigned, closed, opened, snoozed, woken, merged, split, joined, left, linked, ...
    person BIGINT NOT NULL,
    message BIGINT,                    -- of this message only: who does not see it does not see the line
    detail TEXT NOT NULL,              -- JSON: ids, never contents
    done_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, conversation, id, kind)
) CLUSTERED;

-- Who looks at a conversation or writes an answer now; a row counts until its time is over.
CREATE TABLE presences (
    organisation BIGINT NOT NULL,
    conversation BIGINT NOT NULL,
    person BIGINT NOT NULL,
    doing TEXT NOT NULL,               -- looking, replying
    since_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, conversation, person)
) CLUSTERED;

-- Senders whose pictures from elsewhere a person wants to see without being asked.
CREATE TABLE shown_senders (
    organisation BIGINT NOT NULL,
    person BIGINT NOT NULL,
    address TEXT NOT NULL,             -- folded
    PRIMARY KEY (organisation, person, address)
) CLUSTERED;

-- Every Message-ID that a message carries or cites, so that an answer that comes before its question still meets it.
CREATE TABLE thread_ids (
    organisation BIGINT NOT NULL,
    hash BIGINT NOT NULL,
    conversation BIGINT NOT NULL,
    PRIMARY KEY (organisation, hash, conversation)
) CLUSTERED;

CREATE TABLE notes (
    organisation BIGINT NOT NULL,
    id BIGINT NOT NULL,
    conversation BIGINT NOT NULL,
    author BIGINT NOT NULL,
    text TEXT NOT NULL,
    written_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, id)
);
CREATE INDEX notes_conversation ON notes (organisation, conversation, id);

-- Who is called in a note, and whether they have read it.
CREATE TABLE mentions (
    organisation BIGINT NOT NULL,
    person BIGINT NOT NULL,
    note BIGINT NOT NULL,
    conversation BIGINT NOT NULL,
    read_at BIGINT,
    PRIMARY KEY (organisation, person, note)
) CLUSTERED;
CREATE INDEX mentions_conversation ON mentions (organisation, conversation);

-- Of which accounts' new mail a person's browser tells them.
CREATE TABLE noticed_accounts (
    organisation BIGINT NOT NULL,
    person BIGINT NOT NULL,
    account BIGINT NOT NULL,
    PRIMARY KEY (organisation, person, account)
) CLUSTERED;

-- When a person was last written to about a conversation, so that they are not written to about each word in it.
CREATE TABLE letters_told (
    organisation BIGINT NOT NULL,
    person BIGINT NOT NULL,
    conversation BIGINT NOT NULL,
    told_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, person, conversation)
) CLUSTERED;

-- Who is in which message, by the hash of the folded address: contacts that come later find their mail.
CREATE TABLE message_people (
    organisation BIGINT NOT NULL,
    person BIGINT NOT NULL,
    message BIGINT NOT NULL,
    PRIMARY KEY (organisation, person, message)
) CLUSTERED;

CREATE TABLE contacts (
    organisation BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    sorted TEXT NOT NULL DEFAULT '',   -- the name folded, to sort and search by
    kind TEXT NOT NULL DEFAULT '',     -- customer, supplier, neighbour: whatever the business has
    hidden BOOLEAN NOT NULL,
    source TEXT,
    external_id TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, id)
);
CREATE UNIQUE INDEX contacts_external ON contacts (organisation, source, external_id);
CREATE INDEX contacts_sorted ON contacts (organisation, sorted, id);

CREATE TABLE contact_addresses (
    organisation BIGINT NOT NULL,
    person BIGINT NOT NULL,            -- hash of the folded address
    contact BIGINT NOT NULL,
    address TEXT NOT NULL,
    PRIMARY KEY (organisation, person, contact)
) CLUSTERED;
CREATE INDEX contact_addresses_contact ON contact_addresses (organisation, contact);

CREATE TABLE dossiers (
    organisation BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    sorted TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL,
    source TEXT,
    external_id TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, id)
);
CREATE UNIQUE INDEX dossiers_external ON dossiers (organisation, source, external_id);
CREATE INDEX dossiers_sorted ON dossiers (organisation, sorted, id);

CREATE TABLE dossier_contacts (
    organisation BIGINT NOT NULL,
    dossier BIGINT NOT NULL,
    contact BIGINT NOT NULL,
    PRIMARY KEY (organisation, dossier, contact)
) CLUSTERED;
CREATE INDEX dossier_contacts_contact ON dossier_contacts (organisation, contact);

-- A message to a contact or a dossier, with its reason and who decided. One that a person took away stays as removed,
-- so that no rule brings it back.
CREATE TABLE links (
    organisation BIGINT NOT NULL,
    message BIGINT NOT NULL,
    target BIGINT NOT NULL,
    is_dossier BOOLEAN NOT NULL,
    reason TEXT NOT NULL,              -- address, contact, conversation, person, api
    decided_by BIGINT,
    removed BOOLEAN NOT NULL,
    linked_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, message, target)
) CLUSTERED;
CREATE INDEX links_target ON links (organisation, target, message);

CREATE TABLE blobs (
    organisation BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    size BIGINT NOT NULL,
    place TEXT NOT NULL,               -- where the blob store put it; only the blob store reads this
    PRIMARY KEY (organisation, digest)
) CLUSTERED;

CREATE TABLE changes (
    organisation BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    kind TEXT NOT NULL,
    account BIGINT,
    message BIGINT,
    private BOOLEAN NOT NULL,
    body TEXT NOT NULL,                -- JSON
    happened_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, seq)
) CLUSTERED;
CREATE INDEX changes_states ON changes (organisation, account, seq) WHERE kind = 'account.state';

-- What we still have to do on a server: flags, moves, deletions.
CREATE TABLE edits (
    organisation BIGINT NOT NULL,
    id BIGINT NOT NULL,
    account BIGINT NOT NULL,
    folder BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    remote BIGINT NOT NULL,
    remote_name TEXT,
    message BIGINT NOT NULL,
    kind TEXT NOT NULL,                -- flags, move, delete
    body TEXT NOT NULL,                -- JSON: add, remove, to
    tries BIGINT NOT NULL,
    next_try_at BIGINT NOT NULL,
    done_at BIGINT,                    -- a move that the server did without telling the new number: the next pull finds it
    created_by BIGINT,
    PRIMARY KEY (organisation, id)
);
CREATE INDEX edits_account ON edits (organisation, account, id);
CREATE INDEX edits_place ON edits (organisation, folder, remote);

CREATE TABLE quarantine (
    organisation BIGINT NOT NULL,
    id BIGINT NOT NULL,
    account BIGINT NOT NULL,
    folder BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    remote BIGINT NOT NULL,
    remote_name TEXT,
    digest BYTEA,                      -- the raw bytes, when we have them
    code TEXT NOT NULL,                -- empty, too_large, refused, unreadable
    reason TEXT NOT NULL,
    tries BIGINT NOT NULL,
    next_try_at BIGINT,
    set_aside_at BIGINT NOT NULL,
    resolved_at BIGINT,
    PRIMARY KEY (organisation, id)
);
CREATE UNIQUE INDEX quarantine_place ON quarantine (organisation, folder, generation, remote);

-- Messages being read right now, by digest: what is left here after a crash is suspected of it.
CREATE TABLE reading (
    organisation BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    account BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    PRIMARY KEY (organisation, digest)
) CLUSTERED;

CREATE TABLE outbox (
    organisation BIGINT NOT NULL,
    id BIGINT NOT NULL,
    account BIGINT NOT NULL,
    created_by BIGINT,
    kind TEXT NOT NULL,                -- person, system, automatic, bulk
    state TEXT NOT NULL,               -- waiting, sending, accepted, uncertain, delivered, bounced, failed, held, cancelled
    on_wire BOOLEAN NOT NULL,
    not_before_at BIGINT NOT NULL,
    waits_for TEXT,                    -- why it waits: time, limit, retry, paused
    message_id TEXT NOT NULL,
    digest BYTEA NOT NULL,             -- the frozen bytes
    size BIGINT NOT NULL,
    return_path TEXT NOT NULL,
    subject TEXT NOT NULL,
    people TEXT NOT NULL,              -- JSON: from, to, cc, bcc as the author sees them
    conversation BIGINT,
    reply_to_message BIGINT,
    dossier BIGINT,
    server_said TEXT,
    fence BIGINT NOT NULL,
    lease_owner TEXT,
    lease_until_at BIGINT,
    tries BIGINT NOT NULL,
    first_try_at BIGINT,
    reconcile_tries BIGINT NOT NULL,
    sent_copy TEXT NOT NULL,           -- none, due, done
    sent_copy_tries BIGINT NOT NULL,
    sent_copy_at BIGINT,
    noticed_at BIGINT,                 -- the author was told of a delay
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, id)
);
CREATE INDEX outbox_due ON outbox (state, organisation, account, not_before_at);
CREATE INDEX outbox_account ON outbox (organisation, account, id);
CREATE INDEX outbox_copy ON outbox (sent_copy_at) WHERE sent_copy = 'due';
CREATE INDEX outbox_message_id ON outbox (organisation, message_id);

CREATE TABLE outbox_recipients (
    organisation BIGINT NOT NULL,
    submission BIGINT NOT NULL,
    n BIGINT NOT NULL,
    address TEXT NOT NULL,
    field TEXT NOT NULL,               -- to, cc, bcc, mailbox_bcc
    state TEXT NOT NULL,
    on_wire BOOLEAN NOT NULL,          -- the try that is on the wire is for this one, and not for all who wait
    server_said TEXT,
    complained_at BIGINT,              -- they call it unwanted, as we heard then
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, submission, n)
) CLUSTERED;

CREATE TABLE attempts (
    organisation BIGINT NOT NULL,
    submission BIGINT NOT NULL,
    n BIGINT NOT NULL,
    began_at BIGINT NOT NULL,
    ended_at BIGINT,
    code BIGINT,
    server_said TEXT,
    PRIMARY KEY (organisation, submission, n)
) CLUSTERED;

CREATE TABLE idempotency (
    organisation BIGINT NOT NULL,
    person BIGINT NOT NULL,
    key TEXT NOT NULL,
    body_digest BYTEA NOT NULL,
    status BIGINT,                     -- NULL while the first call runs
    answer TEXT,                       -- JSON
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, person, key)
) CLUSTERED;

-- How much was sent in which slot of time, so that a restart does not burst.
CREATE TABLE sent_counts (
    organisation BIGINT NOT NULL,
    scope TEXT NOT NULL,               -- account, provider or domain with its name, and the length of the slot
    slot_at BIGINT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (organisation, scope, slot_at)
) CLUSTERED;

-- A next hop that puts off a recipient is not asked for that recipient's domain for a while; others go on.
CREATE TABLE domain_pauses (
    organisation BIGINT NOT NULL,
    account BIGINT NOT NULL,
    domain TEXT NOT NULL,
    until_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, account, domain)
) CLUSTERED;

CREATE TABLE sign_in_tries (
    host TEXT NOT NULL,                -- outward: one bad mailbox must not get us banned for all
    account BIGINT NOT NULL,
    tried_at BIGINT NOT NULL,
    PRIMARY KEY (host, account, tried_at)
) CLUSTERED;

-- What a message or a state sets off, once: the key is a hash of kind, rule, content and recipient.
CREATE TABLE effects (
    organisation BIGINT NOT NULL,
    key BYTEA NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,                -- JSON
    created_at BIGINT NOT NULL,
    done_at BIGINT,
    PRIMARY KEY (organisation, key)
) CLUSTERED;
CREATE INDEX effects_due ON effects (kind, created_at) WHERE done_at IS NULL;

CREATE TABLE templates (
    organisation BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    subject TEXT NOT NULL,
    html TEXT,
    text TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, id)
);
CREATE UNIQUE INDEX templates_name ON templates (organisation, name);

CREATE TABLE drafts (
    organisation BIGINT NOT NULL,
    id BIGINT NOT NULL,
    author BIGINT NOT NULL,            -- nobody else sees it
    version BIGINT NOT NULL,           -- grows each time it is saved
    account BIGINT,
    people TEXT NOT NULL,              -- JSON: to, cc, bcc as typed so far
    subject TEXT NOT NULL,
    text TEXT,
    html TEXT,
    source BIGINT,                     -- the message that it answers or passes on
    forwards BOOLEAN NOT NULL,         -- passes it on
    quotes BOOLEAN NOT NULL,           -- with the source below it
    submission BIGINT,                 -- what it was handed over as
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, id)
);
CREATE INDEX drafts_author ON drafts (organisation, author, id);
CREATE INDEX drafts_submission ON drafts (organisation, submission);

CREATE TABLE draft_files (
    organisation BIGINT NOT NULL,
    draft BIGINT NOT NULL,
    n BIGINT NOT NULL,
    name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    content_id TEXT,                   -- shown inside the HTML, which names it so
    digest BYTEA NOT NULL,
    size BIGINT NOT NULL,
    PRIMARY KEY (organisation, draft, n)
);

CREATE TABLE audit (
    organisation BIGINT NOT NULL,
    id BIGINT NOT NULL,
    person BIGINT,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    done_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, id)
);

-- People who were erased at somebody's request: how far it is, and nothing of who they were.
CREATE TABLE erasures (
    organisation BIGINT NOT NULL,
    id BIGINT NOT NULL,
    subject TEXT NOT NULL,             -- the key that the contact or user had
    asked_by BIGINT NOT NULL,          -- a user
    asked_at BIGINT NOT NULL,
    with_mail BOOLEAN NOT NULL,        -- their mail goes too
    messages BIGINT NOT NULL,          -- that go with them
    cleaned_at BIGINT,                 -- when nothing was left of it, in what the database freed neither
    PRIMARY KEY (organisation, id)
);

-- What must not come back unasked, as digests that nobody can turn round: addresses and ids elsewhere under a key of the
-- organisation, and the bytes of mail.
CREATE TABLE erased (
    organisation BIGINT NOT NULL,
    mark BYTEA NOT NULL,
    is_mail BOOLEAN NOT NULL,
    erased_at BIGINT NOT NULL,
    PRIMARY KEY (organisation, mark)
) CLUSTERED;

-- Bytes that are still to go, by digest: of mail, with everything that names them; of files, unless something needs them.
CREATE TABLE erasing (
    organisation BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    is_mail BOOLEAN NOT NULL,
    erasure BIGINT NOT NULL,
    PRIMARY KEY (organisation, digest)
) CLUSTERED;
