#!/usr/bin/env python3
"""page.py CORPUS QUESTIONS FOLDER OUT RUN: how long the server takes for the pages that people open all day, in a mailbox of
100,000 messages; one JSON line a figure goes to OUT.

The mailbox comes in with `postkamer import`, once. Then somebody signs in as a browser does and opens lists, conversations
and searches over one kept connection. What is measured is what they wait for, from the request to the last byte."""

import http.client
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import urllib.parse

from install import ADMIN, PASSWORD, Server, account, set_up
from million import bring, read
from serving import note, percentile

PROGRAM = os.environ["POSTKAMER"]
# The first answers fill the caches that a day of work has filled long since.
FIRST = 50


def fill(corpus, folder):
    data = f"{folder}/m"
    os.makedirs(folder, exist_ok=True)
    set_up(PROGRAM, data)
    with Server(PROGRAM, data) as server:
        server.ask("POST", "/accounts", account("bench@example.test", "bench"))
    bring(data, "bench@example.test", read(corpus))
    pathlib.Path(f"{folder}.ready").touch()


class Reader:
    """Somebody at their browser."""

    def __init__(self, port):
        self.line = http.client.HTTPConnection("127.0.0.1", port)
        self.cookies = {}
        csrf = re.search(r'name="csrf" value="([^"]+)"', self.open("/sign-in")[1])[1]
        form = urllib.parse.urlencode({"csrf": csrf, "email": ADMIN, "password": PASSWORD})
        status, _, _ = self.open("/sign-in", "POST", form)
        if status not in (302, 303):
            raise SystemExit(f"signing in: {status}")

    def cookie(self):
        return "; ".join("=".join(cookie) for cookie in self.cookies.items())

    def open(self, path, method="GET", body=None):
        """The status, the text and the milliseconds of a page."""
        head = {"Cookie": self.cookie(), "Origin": f"http://{self.line.host}:{self.line.port}"}
        if body:
            head["Content-Type"] = "application/x-www-form-urlencoded"
        begin = time.perf_counter()
        self.line.request(method, path, body, head)
        answer = self.line.getresponse()
        text = answer.read()
        took = (time.perf_counter() - begin) * 1000
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, text.decode(errors="replace"), took

    def wait(self, out, label, run, paths):
        """Opens all of these and notes how long that took."""
        spent = []
        for number, path in enumerate(paths):
            status, text, took = self.open(path)
            if status != 200:
                raise SystemExit(f"{path}: {status} {text[:200]}")
            if number >= FIRST:
                spent.append(took)
        note(out, label, run, n=len(spent), p50_ms=round(percentile(spent, 0.5), 3), p99_ms=round(percentile(spent, 0.99), 3))


def links(text, what):
    return list(dict.fromkeys(found.replace("&amp;", "&") for found in re.findall(what, text)))


def script_bytes(reader):
    """Of the scripts that /mail loads by itself, compressed."""
    todo, known = links(reader.open("/mail")[1], r'<script[^>]+src="([^"]+)"'), {}
    while todo:
        path = todo.pop()
        if path in known:
            continue
        reader.line.request("GET", path, headers={"Accept-Encoding": "br"})
        answer = reader.line.getresponse()
        if answer.headers["Content-Encoding"] != "br":
            raise SystemExit(f"{path} did not come compressed")
        known[path] = len(answer.read())
        text = reader.open(path)[1]
        todo += [urllib.parse.urljoin(path, other) for other in re.findall(r'(?:from|import)\s*"([^"]+\.js)"', text)]
    return sum(known.values())


def lighthouse(reader):
    """Its scores of /mail. It runs from the folder where its packages are."""
    home = pathlib.Path(os.environ["LIGHTHOUSE"])
    program = shutil.copy(pathlib.Path(__file__).parent / "lighthouse" / "measure.mjs", home)
    url = f"http://{reader.line.host}:{reader.line.port}/mail"
    found = subprocess.run(["node", program, url, reader.cookie()], stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(found.stdout)


def main():
    corpus, questions, folder, out, run = sys.argv[1:6]
    if not pathlib.Path(f"{folder}.ready").exists():
        fill(corpus, folder)
    with Server(PROGRAM, f"{folder}/m") as server:
        reader = Reader(server.port)
        lists = ["/mail"]
        _, first, _ = reader.open("/mail")
        lists += links(first, r'href="(/mail\?(?:folder|account|view)=[^"]+)"')
        conversations, page = [], first
        while len(conversations) < 600:
            conversations += links(page, r'href="(/mail/cnv_[^"?]+)')
            older = links(page, r'class="more"><a class="button" href="([^"]+)"')
            if not older:
                break
            lists += older
            page = reader.open(older[0])[1]
        asked = [one["q"] for one in json.load(open(questions)) if one["type"] in ("word", "phrase", "from")]
        asked = ["/mail?" + urllib.parse.urlencode({"q": words}) for words in asked]
        reader.wait(out, "page_mail", run, (lists * (650 // len(lists) + 1))[:650])
        reader.wait(out, "page_conversation", run, conversations[:650])
        reader.wait(out, "page_search", run, (asked * (650 // len(asked) + 1))[:650])
        note(out, "page_script", run, kb=round(script_bytes(reader) / 1000, 1))
        note(out, "lighthouse", run, **lighthouse(reader))


if __name__ == "__main__":
    main()
