#!/usr/bin/env python3
"""install.py --data DIR [--imap PORT [--pin CERTIFICATE]] [--smtp PORT] [--accounts N] [--active]

An installation with mailboxes for `make bench`, made the way a person makes one: `setup`, `token`, and the API of a
server that is stopped again. The token is left in DIR.token. Needs nothing but Python and openssl."""

import argparse
import hashlib
import json
import os
import pathlib
import socket
import subprocess
import time
import urllib.request


ADMIN, PASSWORD = "beheer@example.test", "een-lang-genoeg-wachtwoord"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Server:
    """`postkamer serve` on a free port, until the end of the block."""

    def __init__(self, program, data, role="all"):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/api/v1"
        self.token = pathlib.Path(f"{data}.token").read_text().strip()
        self.head = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        self.log = open(f"{data}.log", "ab")
        where = ["--data", data, "--allow-network", "127.0.0.0/8"]
        command = [program, *where, "serve", "--role", role, "--http", f"127.0.0.1:{self.port}"]
        self.child = subprocess.Popen(command, stdout=self.log, stderr=self.log, start_new_session=True)
        try:  # the suite raises every contender like this, when it is root
            pathlib.Path(f"/proc/{self.child.pid}/autogroup").write_text(os.environ.get("NICE", "-19"))
        except OSError:
            pass
        end = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self.child.poll() is not None or time.monotonic() > end:
                    raise SystemExit(f"postkamer serve does not listen; see {self.log.name}")
                time.sleep(0.005)

    def ask(self, method, path, body=None):
        """Sends JSON and gives the answer; an answer that is not a success ends the program with its words."""
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url + path, data, self.head, method=method)) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{method} {path}: {error.code} {error.read().decode()}")

    def status(self, what):
        """A figure of /proc in MB, such as VmRSS or VmHWM."""
        for line in open(f"/proc/{self.child.pid}/status"):
            if line.startswith(what + ":"):
                return int(line.split()[1]) / 1024
        return 0.0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.terminate()
        try:
            self.child.wait(30)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.log.close()


def public_key_digest(certificate):
    key = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], capture_output=True, check=True)
    command = ["openssl", "pkey", "-pubin", "-outform", "DER"]
    return hashlib.sha256(subprocess.run(command, input=key.stdout, capture_output=True, check=True).stdout).hexdigest()


def set_up(program, data):
    """A new organisation with an administrator, and a token of theirs beside the folder."""
    secret = pathlib.Path(f"{data}.password")
    secret.write_text(PASSWORD + "\n")
    who = ["--without-mailbox", "--organisation", "Bench", "--admin", ADMIN, "--password-file", str(secret)]
    subprocess.run([program, "--data", data, "setup", *who], check=True, stdout=subprocess.DEVNULL)
    command = [program, "--data", data, "token", "--user", ADMIN, "--name", "bench", "--scope", "admin"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    pathlib.Path(f"{data}.token").write_text(said.strip().splitlines()[-1])


def account(address, username, imap=None, smtp=None, pin=None, active=False, push=False):
    """What POST /accounts gets."""
    def side(kind, port):
        if port is None:
            return {"kind": "none"}
        return {"kind": kind, "host": "127.0.0.1", "port": port, "encryption": "tls" if pin else "none",
                "username": username, "secret": "pw"}
    form = {"display_name": "Bench", "address": address, "active": active, "push": push, "allow_plaintext": not pin,
            "incoming": side("imap", imap), "outgoing": side("smtp", smtp)}
    if not push:
        form["interval_seconds"] = None
    if smtp is not None:
        form["outgoing"].update(username="", secret="")
    if pin:
        form["pinned_certificate"] = public_key_digest(pin)
    return form


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--data", required=True)
    options.add_argument("--imap", type=int)
    options.add_argument("--pin")
    given = options.parse_args()
    program = os.environ["POSTKAMER"]
    set_up(program, given.data)
    with Server(program, given.data) as server:
        server.ask("POST", "/accounts", account("bench@example.test", "bench", given.imap, pin=given.pin))
