// Gmail over IMAP: npm's hoodiecrow, which speaks IMAP with X-GM-EXT-1 (identifiers and labels) and which we did not write, and upon
// that the effects that it leaves out: a letter lies in "All Mail" once, in the folder of each of its labels, or alone in the bin or
// among spam; whatever is done in one of them shows in the others.
import { createRequire } from 'node:module';

const [, , programs, port, user, password] = process.argv;
const hoodiecrow = createRequire(programs)('hoodiecrow-imap');

const ALL = '[Gmail]/All Mail';
const BIN = '[Gmail]/Trash';
const SPAM = '[Gmail]/Spam';
const SYSTEM = { INBOX: '\\Inbox', '[Gmail]/Sent Mail': '\\Sent', '[Gmail]/Drafts': '\\Draft' };
const label = (path) => SYSTEM[path] ?? path;
const path = (wanted) => Object.keys(SYSTEM).find((it) => SYSTEM[it] === wanted) ?? wanted;
const same = (one, other) => one.length === other.length && one.every((it) => other.includes(it));

const letters = new Set();

function folders(server) {
  return Object.entries(server.folderCache).filter(([, folder]) => !folder.flags.includes('\\Noselect'));
}

function take(server, folder, message) {
  const at = folder.messages.indexOf(message);
  if (at < 0) return;
  folder.messages.splice(at, 1);
  server.notify({ tag: '*', attributes: [at + 1, { type: 'ATOM', value: 'EXPUNGE' }] }, folder);
}

function put(server, folder, letter) {
  const { message } = server.appendMessage(folder, [...letter.flags], letter.date, letter.raw);
  Object.assign(message, { letter, 'X-GM-MSGID': letter.id });
  return message;
}

function touch(server, folder, message) {
  folder.HIGHESTMODSEQ = (folder.HIGHESTMODSEQ || 0) + 1;
  message.MODSEQ = folder.HIGHESTMODSEQ;
  const flags = message.flags.map((value) => ({ type: 'ATOM', value }));
  const said = [{ type: 'ATOM', value: 'FLAGS' }, flags, { type: 'ATOM', value: 'UID' }, message.uid];
  const attributes = [folder.messages.indexOf(message) + 1, { type: 'ATOM', value: 'FETCH' }, said];
  server.notify({ tag: '*', attributes }, folder);
}

function enter(letter, where) {
  letter.alone = where === BIN || where === SPAM ? where : null;
  if (!letter.alone && where !== ALL) letter.labels = [...new Set([...letter.labels, label(where)])];
}

function leave(letter, where) {
  if (letter.alone === where) letters.delete(letter);
  letter.labels = letter.labels.filter((it) => it !== label(where));
}

// What somebody did to the copies becomes what the letter is, and that shows in all copies.
function settle(server, copies) {
  for (const [where, folder] of folders(server)) {
    for (const message of [...folder.messages].filter((it) => !it.letter)) {
      // A copy of a letter is the letter.
      let letter = copies ? [...letters].find((it) => it.raw === message.raw) : undefined;
      if (letter?.copies.has(where) && folder.messages.includes(letter.copies.get(where))) {
        take(server, folder, message);
        continue;
      }
      if (!letter) {
        letter = { id: message['X-GM-MSGID'], raw: message.raw, date: message.internaldate, labels: [], copies: new Map() };
        letter.flags = [...message.flags];
        letters.add(letter);
      }
      Object.assign(message, { letter, seen: null, 'X-GM-MSGID': letter.id });
      letter.copies.set(where, message);
      enter(letter, where);
    }
  }
  for (const letter of [...letters]) {
    for (const [where, message] of [...letter.copies]) {
      if (server.getMailbox(where)?.messages.includes(message)) continue;
      letter.copies.delete(where);
      leave(letter, where);
    }
    for (const message of letter.copies.values()) {
      if (!message.seen) continue;
      const flags = message.flags.filter((it) => it !== '\\Deleted');
      if (!same(flags, message.seen.flags)) letter.flags = flags;
      if (!same(message['X-GM-LABELS'], message.seen.labels)) letter.labels = [...message['X-GM-LABELS']];
    }
  }
  for (const letter of letters) {
    const labels = letter.labels.map(path).filter((it) => server.getMailbox(it));
    const wanted = letter.alone ? [letter.alone] : [ALL, ...labels];
    for (const [where, message] of [...letter.copies]) {
      if (wanted.includes(where)) continue;
      letter.copies.delete(where);
      take(server, server.getMailbox(where), message);
    }
    for (const where of wanted) {
      const folder = server.getMailbox(where);
      if (!letter.copies.has(where)) letter.copies.set(where, put(server, folder, letter));
      const message = letter.copies.get(where);
      const flags = [...letter.flags.filter((it) => it !== '\\Deleted')];
      const before = message.seen;
      message.flags = message.flags.includes('\\Deleted') ? [...flags, '\\Deleted'] : [...flags];
      message['X-GM-LABELS'] = [...letter.labels];
      message.seen = { flags, labels: [...letter.labels] };
      if (before && !(same(before.flags, flags) && same(before.labels, letter.labels))) touch(server, folder, message);
    }
  }
}

function effects(server) {
  server.registerCapability('X-GM-EXT-1');
  const changes = ['APPEND', 'COPY', 'UID COPY', 'MOVE', 'UID MOVE', 'STORE', 'UID STORE', 'EXPUNGE', 'UID EXPUNGE', 'CLOSE'];
  for (const name of changes) {
    const handler = server.getCommandHandler(name);
    server.setCommandHandler(name, (connection, parsed, data, callback) =>
      handler(connection, parsed, data, () => {
        settle(server, /COPY|MOVE/.test(name));
        callback();
      }),
    );
  }
  // CHANGEDSINCE (RFC 7162 section 3.1.4), which hoodiecrow keeps to in FETCH alone.
  const fetch = server.getCommandHandler('UID FETCH');
  server.setCommandHandler('UID FETCH', (connection, parsed, data, callback) => {
    const [set, items, since] = parsed.attributes ?? [];
    if (since?.[0]?.value.toUpperCase() === 'CHANGEDSINCE') {
      const named = server.getMessageRange(connection.selectedMailbox, set.value, true);
      const changed = named.filter(([, message]) => message.MODSEQ > Number(since[1].value));
      // A number that nobody has, when there are none.
      const value = changed.map(([, message]) => message.uid).join(',') || '4294967295';
      parsed.attributes = [{ type: 'SEQUENCE', value }, [...items, { type: 'ATOM', value: 'MODSEQ' }]];
    }
    fetch(connection, parsed, data, callback);
  });
}

const special = (mark) => ({ 'special-use': mark });
const server = hoodiecrow({
  plugins: [
    'ID', 'SASL-IR', 'AUTH-PLAIN', 'NAMESPACE', 'IDLE', 'ENABLE', 'CONDSTORE', 'LITERALPLUS', 'UNSELECT', 'SPECIAL-USE',
    'UIDPLUS', 'MOVE', 'X-GM-EXT-1', effects,
  ],
  id: { name: 'hoodiecrow' },
  users: { [user]: { password } },
  storage: {
    INBOX: {},
    '': {
      separator: '/',
      folders: {
        Werk: { folders: { Klanten: {} } },
        '[Gmail]': {
          flags: ['\\Noselect'],
          folders: {
            'All Mail': special('\\All'),
            Drafts: special('\\Drafts'),
            Important: special('\\Important'),
            'Sent Mail': special('\\Sent'),
            Spam: special('\\Junk'),
            Starred: special('\\Flagged'),
            Trash: special('\\Trash'),
          },
        },
      },
    },
  },
});
// An empty folder counts from one too (RFC 7162 section 3.1.2.1).
for (const [, folder] of folders(server)) folder.HIGHESTMODSEQ ||= 1;
// It writes an answer in several pieces; together with the other side's patience each would take a moment.
server.server.on('connection', (socket) => socket.setNoDelay(true));
server.listen(Number(port), '127.0.0.1');
