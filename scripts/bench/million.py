#!/usr/bin/env python3
"""million.py CORPUS FOLDER [COPIES]: an installation with COPIES (10) mailboxes of the 100,000 messages of a
corpus each, for the search at a million.

Every copy comes in with `postkamer import`, which is the way of all received mail: read, linked, put in conversations and
indexed in the same transactions. Each has Message-IDs and times of its own; what follows the first 3 kB of a message (the
rest of an attachment) is left out, so that disks hold it. A second user may read seven mailboxes of ten and manages one:
its address goes to FOLDER.reader, and the questions are asked in its name."""

import os
import pathlib
import re
import subprocess
import sys
import time

from install import Server, account, set_up

PROGRAM = os.environ["POSTKAMER"]
KEPT = 3_000
NAMES = {b"message-id", b"references", b"in-reply-to"}
ID = re.compile(rb"<([^<>\s]+@[^<>\s]+)>")
MARK = b"<\0.\\1>"


def cut(file):
    """When a message came, and its text with a mark in every Message-ID."""
    head, _, body = pathlib.Path(file).read_bytes()[:KEPT].partition(b"\n\n")
    lines, name = [], b""
    for line in head.split(b"\n"):
        if line[:1] not in (b" ", b"\t"):
            name = line.split(b":")[0].lower()
        lines.append(ID.sub(MARK, line) if name in NAMES else line)
    body = re.sub(rb"^From ", b">From ", body, flags=re.MULTILINE)
    return os.path.getmtime(file), b"\n".join(lines) + b"\n\n" + body + b"\n\n"


def write_mbox(messages, path, copy):
    with open(path, "wb", buffering=1 << 20) as out:
        for second, text in messages:
            out.write(b"From bench@example.test " + time.asctime(time.gmtime(second + copy * 7)).encode() + b"\n")
            out.write(text.replace(b"<\0.", b"<c%d." % copy))


def read(corpus):
    """Every message of a corpus, in an order that stays."""
    files = [os.path.join(at, name) for at, _, names in os.walk(corpus) if at.endswith(("/cur", "/new")) for name in names]
    return [cut(file) for file in sorted(files)]


def bring(data, address, messages, copy=0):
    """Has them received as `postkamer import` receives mail, without waiting for the disk."""
    mbox = f"{data}.mbox"
    write_mbox(messages, mbox, copy)
    command = [PROGRAM, "--data", data, "import", "--account", address, mbox]
    environment = {**os.environ, "LD_PRELOAD": os.environ.get("NOSYNC", "")}
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.remove(mbox)


def main():
    corpus, folder, copies = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 10
    data = f"{folder}/m"
    os.makedirs(folder, exist_ok=True)
    set_up(PROGRAM, data)
    reader = "lezer@example.test"
    with Server(PROGRAM, data) as server:
        made = [server.ask("POST", "/accounts", account(f"bench{copy}@example.test", "bench")) for copy in range(copies)]
        user = server.ask("POST", "/users", {"email": reader, "name": "Lezer", "role": "member"})
        for number, one in enumerate(made[: max(1, copies * 7 // 10)]):
            rights = ["read", "send", "manage"] if number == 0 else ["read"]
            owners = one["owners"] + [{"user": user["id"], "rights": rights}]
            server.ask("PUT", f"/accounts/{one['id']}/owners", owners)
    pathlib.Path(f"{folder}.reader").write_text(reader)
    begin = time.monotonic()
    messages = read(corpus)
    for copy in range(copies):
        bring(data, f"bench{copy}@example.test", messages, copy)
        print(f"{(copy + 1) * len(messages):,} messages after {time.monotonic() - begin:.0f} s", flush=True)


if __name__ == "__main__":
    main()
