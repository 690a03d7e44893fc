"""An IMAP client that shares nothing with Postkamer: runs a list of operations through imaplib.

Reads one JSON object from standard input ({host, port, tls, ca, user, password | token, steps}) and writes one JSON
list with an answer for each step.
"""

import base64
import hashlib
import imaplib
import json
import re
import socket
import ssl
import sys

socket.setdefaulttimeout(60)
imaplib._MAXLINE = 100_000_000

LIST_LINE = re.compile(rb'\((?P<marks>[^)]*)\) (?P<separator>"[^"]*"|NIL) (?P<name>.+)', re.DOTALL)
FLAGS = re.compile(rb"FLAGS \(([^)]*)\)")
UID = re.compile(rb"UID (\d+)")
DATE = re.compile(rb'INTERNALDATE "([^"]*)"')


def connect(order):
    context = ssl.create_default_context(cafile=order.get("ca"))
    host, port = order.get("host", "localhost"), order["port"]
    if order.get("tls") == "implicit":
        session = imaplib.IMAP4_SSL(host, port, ssl_context=context)
    else:
        session = imaplib.IMAP4(host, port)
        if order.get("tls") == "starttls":
            session.starttls(context)
    if order.get("token"):
        words = f"user={order['user']}\x01auth=Bearer {order['token']}\x01\x01".encode()
        asked = []

        def answer(challenge):
            asked.append(challenge)
            return words if len(asked) == 1 else b""

        session.authenticate("XOAUTH2", answer)
    else:
        session.login(order["user"], order["password"])
    return session


def quoted(name):
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def good(answer):
    status, data = answer
    if status != "OK":
        raise RuntimeError(f"{status} {data!r}")
    return data


def listing(session):
    folders = []
    for line in good(session.list()):
        if line is None:
            continue
        if isinstance(line, tuple):
            name, head = line[1], line[0]
            marks = LIST_LINE.match(head).group("marks")
        else:
            parts = LIST_LINE.match(line)
            marks, name = parts.group("marks"), parts.group("name").strip()
            if name.startswith(b'"'):
                name = re.sub(rb"\\(.)", rb"\1", name[1:-1])
        folders.append((name.decode("ascii", "backslashreplace"), marks.decode().split()))
    return folders


def contents(session, folder, bodies):
    good(session.select(quoted(folder), readonly=True))
    validity = int(session.untagged_responses["UIDVALIDITY"][0])
    messages = []
    for data in fetch(session, "1:*", "(UID FLAGS INTERNALDATE BODY.PEEK[])"):
        head, raw = data
        message = {
            "uid": int(UID.search(head).group(1)),
            "flags": sorted(FLAGS.search(head).group(1).decode().split()),
            "date": DATE.search(head).group(1).decode(),
            "size": len(raw),
            "digest": hashlib.sha256(raw).hexdigest(),
        }
        if bodies:
            message["raw"] = base64.b64encode(raw).decode()
        messages.append(message)
    return {"validity": validity, "messages": sorted(messages, key=lambda message: message["uid"])}


def fetch(session, uids, what):
    """Pairs of everything said about a message (before and after its literal) and the literal."""
    found, head, literal = [], None, None
    for item in good(session.uid("FETCH", uids, what)):
        if isinstance(item, tuple):
            head, literal = item
        elif item is not None and head is not None:
            found.append((head + item, literal))
            head = None
    return found


def step(session, order):
    do = order["do"]
    if do == "append":
        uids = []
        for message in order["messages"]:
            raw = base64.b64decode(message["raw"])
            flags = " ".join(message.get("flags", []))
            date = message.get("date")
            answer = append(session, quoted(order["folder"]), f"({flags})", date and f'"{date}"', raw)
            uid = re.search(rb"APPENDUID \d+ (\d+)", answer)
            uids.append(int(uid.group(1)) if uid else None)
        return uids
    if do == "list":
        return [{"name": name, "marks": marks} for name, marks in listing(session)]
    if do == "snapshot":
        wanted = order.get("folders") or [
            name for name, marks in listing(session) if not {"\\Noselect", "\\NonExistent"} & set(marks)
        ]
        return {name: contents(session, name, order.get("bodies", False)) for name in wanted}
    if do == "create":
        return str(good(session.create(quoted(order["folder"]))))
    if do == "remove_folder":
        return str(good(session.delete(quoted(order["folder"]))))
    if do == "rename":
        return str(good(session.rename(quoted(order["folder"]), quoted(order["to"]))))
    good(session.select(quoted(order["folder"])))
    if do == "flags":
        return str(good(session.uid("STORE", order["uids"], order["how"], "(" + " ".join(order["flags"]) + ")")))
    if do == "copy":
        return str(good(session.uid("COPY", order["uids"], quoted(order["to"]))))
    if do == "move":
        if "MOVE" in session.capabilities:
            return str(good(session.uid("MOVE", order["uids"], quoted(order["to"]))))
        good(session.uid("COPY", order["uids"], quoted(order["to"])))
        do = "expunge"
    if do == "expunge":
        good(session.uid("STORE", order["uids"], "+FLAGS.SILENT", "(\\Deleted)"))
        return str(good(session.expunge()))
    raise ValueError(f"no such step: {do}")


def append(session, folder, flags, date, raw):
    """Like imaplib's own, without its rewriting of line ends: a test wants its bytes as they are."""
    session.literal = raw
    arguments = [part for part in (folder, flags, date) if part]
    return good(session._simple_command("APPEND", *arguments))[0] or b""


def main():
    order = json.load(sys.stdin)
    session = connect(order)
    # imaplib asks before signing in only; what a server offers afterwards is what counts.
    session.capabilities = tuple(good(session.capability())[-1].decode().upper().split())
    json.dump([step(session, each) for each in order["steps"]], sys.stdout)
    session.logout()


main()
