#!/usr/bin/env python3
"""serving.py CASE FOLDER OUT [ARGUMENT...]: what is measured of a running `postkamer serve`; one JSON line a figure goes to OUT.

    kept FOLDER OUT IMAPPORT DOVECOT RUN    a pass over a connection that is there already, and its bytes on the wire
    newmail FOLDER OUT RUN                  from the EXISTS that a bare reader sees to the announced message
    accept FOLDER OUT RUN                   POST /outbox, ten at a time, everything durable and nothing sent yet
    send FOLDER OUT RUN SINKPORT SIZE CONC  the same outbox emptied to a sink
    idle FOLDER OUT COUNT                   many accounts that only wait
"""

import datetime
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time

from install import Server, account, set_up

PROGRAM = os.environ["POSTKAMER"]
EXAMPLES = pathlib.Path(os.environ["EXAMPLES"])


def fresh(folder):
    """An empty folder for an installation."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    data = f"{folder}/m"
    set_up(PROGRAM, data)
    return data


def note(out, label, run=0, **figures):
    line = json.dumps({"label": label, "run": int(run), **figures})
    print(line, flush=True)
    with open(out, "a") as file:
        file.write(line + "\n")


def percentile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))]


def kept(folder, out, port, dovecot, run):
    data = fresh(folder)
    spent, bytes_out = [], []
    log = pathlib.Path(dovecot, "dovecot.log")
    with Server(PROGRAM, data) as server:
        made = server.ask("POST", "/accounts", account("bench@example.test", "bench", int(port), active=True, push=True))
        server.ask("POST", f"/accounts/{made['id']}/fetch?wait=true")
    for passes in (20, 120):
        begin = log.stat().st_size
        with Server(PROGRAM, data) as server:
            kept = http.client.HTTPConnection("127.0.0.1", server.port)
            for number in range(passes):
                before = time.perf_counter()
                kept.request("POST", f"/api/v1/accounts/{made['id']}/fetch?wait=true", headers=server.head)
                answer = kept.getresponse()
                if answer.status != 200:
                    raise SystemExit(f"fetch: {answer.status} {answer.read()}")
                answer.read()
                if number >= 5:
                    spent.append(time.perf_counter() - before)
        time.sleep(0.5)
        with open(log, "rb") as file:
            file.seek(begin)
            found = re.findall(rb"in=(\d+) out=(\d+)", file.read())
        bytes_out.append(sum(int(one) + int(other) for one, other in found))
    wire = (bytes_out[1] - bytes_out[0]) / 100
    note(out, "noop_kept", run, wall=round(percentile(spent, 0.5), 6), p99=round(percentile(spent, 0.99), 6), wire=wire)


class Imap:
    """The least of a client, on a plain socket."""

    def __init__(self, port, user="bench"):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.lines = self.socket.makefile("rb")
        self.lines.readline()
        self.ask("a", f"LOGIN {user} pw")

    def ask(self, tag, line, end=None):
        self.socket.sendall(f"{tag} {line}\r\n".encode())
        while not self.lines.readline().startswith((end or tag).encode()):
            pass


def model():
    """testkit's IMAP server: it tells every connection at once, where Dovecot lets some wait half a second."""
    child = subprocess.Popen([EXAMPLES / "idle_server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return child, int(child.stdout.readline())


def newmail(folder, out, run, count=200):
    data = fresh(folder)
    seen, announced, news = [], [], threading.Condition()
    child, port = model()

    def note_time(into):
        at = time.perf_counter()
        with news:
            into.append(at)
            news.notify_all()

    def read_events(server):
        with socket.create_connection(("127.0.0.1", server.port)) as stream:
            head = f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token}\r\n\r\n"
            stream.sendall(head.encode())
            for line in stream.makefile("rb"):
                if line.startswith(b"event:") and b"message.received" in line:
                    note_time(announced)

    def read_bare(bare):
        for line in bare.lines:
            if b"EXISTS" in line:
                note_time(seen)

    with Server(PROGRAM, data) as server:
        threading.Thread(target=read_events, args=(server,), daemon=True).start()
        made = server.ask("POST", "/accounts", account("idle@example.test", "bench", port, active=True, push=True))
        server.ask("POST", f"/accounts/{made['id']}/fetch?wait=true")
        bare, writer = Imap(port), Imap(port)
        bare.ask("b", "SELECT INBOX")
        bare.ask("c", "IDLE", end="+")
        threading.Thread(target=read_bare, args=(bare,), daemon=True).start()
        time.sleep(1.5)  # both idle by now
        waits = []
        for number in range(count):
            had = len(seen), len(announced)
            head = f"From: a@example.nl\r\nTo: b@example.nl\r\nSubject: meting{number}\r\nMessage-ID: <{number}.{time.time()}@x>\r\n\r\n"
            raw = (head + "Dit is een regel voor de meting.\r\n" * 240).encode()
            writer.ask("x", f"APPEND INBOX {{{len(raw)}}}", end="+")
            writer.socket.sendall(raw + b"\r\n")
            with news:
                news.wait_for(lambda: len(seen) > had[0] and len(announced) > had[1], 20)
                if len(seen) > had[0] and len(announced) > had[1]:
                    waits.append((announced[had[1]] - seen[had[0]]) * 1e3)
            while not writer.lines.readline().startswith(b"x"):
                pass
            time.sleep(0.03 + number % 7 * 0.01)
        found = server.ask("GET", f"/messages?q=meting{count - 1}")
    child.stdin.close()
    child.wait(30)
    rows = next(rows for rows in found.values() if isinstance(rows, list))
    figures = {"p50_ms": round(percentile(waits, 0.5), 2), "p99_ms": round(percentile(waits, 0.99), 2)}
    note(out, "newmail", run, n=len(waits), min_ms=round(min(waits), 2), searchable=len(rows) == 1, **figures)


def queue(server, folder, made, count, conc, size, send_at):
    """Hands messages over and gives how many a second were taken."""
    line = "Dit is een regel met tekst voor de meting van de doorvoer.....\n"
    form = {"account": made["id"], "to": [{"address": "b@example.nl"}], "subject": "bench",
            "text": line * max(1, (size - 400) // (len(line) + 1)), "send_at": send_at}
    body = pathlib.Path(folder, "form.json")
    body.write_text(json.dumps(form))
    command = [EXAMPLES / "load", server.port, "/api/v1/outbox", server.token, count, conc, body]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"load: {done.stderr}")
    return json.loads(done.stdout)["msgs_s"]


def sender(server, smtp, conc):
    form = account("bench@example.test", "bench", smtp=smtp, active=True)
    # No limits by the clock: neither nodemailer nor lettre counts what it sends.
    form["limits"] = {"connections": conc, "per_connection": 1000000}
    return server.ask("POST", "/accounts", form)


def in_seconds(seconds):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def accept(folder, out, run, count="5000"):
    with Server(PROGRAM, fresh(folder)) as server:
        made = sender(server, 9, 10)
        rate = queue(server, folder, made, int(count), 10, 4096, in_seconds(7 * 86400))
    note(out, "outbox_accept", run, msgs_s=rate)


def send(folder, out, run, sink, size, conc, count):
    count, conc = int(count), int(conc)
    data = fresh(folder)
    with Server(PROGRAM, data) as server:
        made = sender(server, int(sink), conc)
        begin = time.time()
        due = in_seconds(3 + count / 700)
        queue(server, folder, made, count, 10, int(size), due)
        starts = datetime.datetime.fromisoformat(due.replace("Z", "+00:00")).timestamp()
        if time.time() > starts:
            raise SystemExit(f"taking {count} messages over took {time.time() - begin:.1f} s: longer than they were held")
        time.sleep(starts - time.time())
        sql = "SELECT SUM(state = 'accepted'), SUM(state NOT IN ('waiting', 'sending', 'accepted')), COUNT(*) FROM outbox"
        database = sqlite3.connect(f"file:{data}/postkamer.db?mode=ro", uri=True)
        first = None
        for _ in range(60000):
            sent, ended, there = database.execute(sql).fetchone()
            now = time.perf_counter()
            if sent and first is None:
                first = (now, sent)
            if sent + ended >= there:
                break
            time.sleep(0.02)
    if sent != count or ended:
        raise SystemExit(f"{sent} of {count} were sent, {ended} ended otherwise")
    # From the first results seen to the last: how long the timer slept is not what is measured here.
    rate = (sent - first[1]) / (now - first[0]) if now > first[0] else 0
    note(out, f"send_{size}_{conc}", run, msgs_s=round(rate), from_due=round(count / (time.time() - starts)))


def idle(folder, out, count):
    count = int(count)
    data = fresh(folder)
    child, port = model()
    with Server(PROGRAM, data, role="web") as server:
        # Made while nobody works on accounts, so that the start below is what is measured.
        for number in range(count):
            form = account(f"bench{number}@example.test", "bench", port, active=True, push=True)
            server.ask("POST", "/accounts", form)
    begin = time.monotonic()
    with Server(PROGRAM, data) as server:
        while (connected := connections(port)) < count and time.monotonic() - begin < 300:
            time.sleep(0.1)
        took = time.monotonic() - begin
        time.sleep(10)
        note(out, f"idle_{count}", connected=connected, secs=round(took, 1), rss_mb=round(server.status("VmRSS"), 1),
             peak_mb=round(server.status("VmHWM"), 1))
    child.stdin.close()
    child.wait(30)


def connections(port):
    """Connections to that port, from the client's side."""
    wanted = f":{port:04X}"
    with open("/proc/net/tcp") as table:
        return sum(1 for line in table if (words := line.split())[2].endswith(wanted) and words[3] == "01")


if __name__ == "__main__":
    case, folder, out, *rest = sys.argv[1:]
    {"kept": kept, "newmail": newmail, "accept": accept, "send": send, "idle": idle}[case](folder, out, *rest)
