#!/usr/bin/env python3
"""summarise.py RESULTS PAGE: writes the page from the results of run.sh: one row a goal, ratios within the same run."""

import datetime
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys

RESULTS, PAGE = map(pathlib.Path, sys.argv[1:3])
HERE = pathlib.Path(__file__).parent


def lines(name):
    path = RESULTS / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines() if line.startswith("{")] if path.exists() else []


def values(name, label, phase=None, field="wall"):
    """For each run the median of a figure; a pass that failed is no figure."""
    runs = {}
    for row in lines(name):
        if row.get("label") == label and (phase is None or row.get("phase") == phase) and not row.get("rc") and field in row:
            runs.setdefault(row.get("run", 0), []).append(row[field])
    return {run: statistics.median(found) for run, found in runs.items()}


def quick(name, label):
    """For each run the shorter of the two no-ops: right after a first fetch mbsync may wait a second for its clock."""
    runs = {}
    for row in lines(name):
        if row.get("label") == label and row.get("phase") == "noop" and not row["rc"]:
            runs[row["run"]] = min(row["wall"], runs.get(row["run"], row["wall"]))
    return runs


def middle(found):
    return statistics.median(found.values()) if found else None


def both(*parts):
    """The sum of figures of several programs, run by run; a run that one of them lacks takes its middle."""
    if not all(parts):
        return {}
    return {run: sum(part.get(run, middle(part)) for part in parts) for run in parts[0]}


def ratio(ours, theirs):
    found = {run: ours[run] / theirs.get(run, middle(theirs)) for run in ours} if ours and theirs else {}
    return middle(found)


def number(value, unit=""):
    if value is None:
        return "-"
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{text} {unit}".strip()


ROWS = []


def compare(what, ours, peer, theirs, goal, unit="s", more=False, only=None):
    """A row whose goal is a ratio; `more` when a higher figure is the better one."""
    found = ratio(ours, theirs)
    reached = None if found is None else (found >= goal if more else found <= goal)
    sign = "≥" if more else "≤"
    ROWS.append((what, number(middle(ours), unit), peer, number(middle(theirs), unit),
                 "-" if found is None else f"{found:.2f}" if found >= 0.1 else f"{found:.3f}", f"{sign} {goal:g} ×", reached, only))


def alone(what, value, goal, unit, only, more=False):
    reached = None if value is None else value >= goal if more else value <= goal
    sign = "≥" if more else "≤"
    ROWS.append((what, number(value, unit), "", "", "", f"{sign} {goal:g} {unit}".strip(), reached, only))


def rows():
    full = values("tmpfs", "postkamer", "full")
    mbsync = values("tmpfs", "mbsync", "full")
    compare("everything, memory disk", full, "mbsync", mbsync, 1.0, only="tmpfs")
    indexes = {name: values("index", name, "index") for name in ("notmuch", "mu")}
    compare("the same", full, "mbsync + notmuch new", both(mbsync, indexes["notmuch"]), 0.12, only="tmpfs index")
    compare("the same", full, "mbsync + mu index", both(mbsync, indexes["mu"]), 0.25, only="tmpfs index")
    compare("everything over TLS", values("tmpfs", "postkamer_tls", "full"), "mbsync over TLS",
            values("tmpfs", "mbsync_tls", "full"), 0.8, only="tmpfs")
    compare("everything, durable on disk", values("disk", "postkamer", "full"), "mbsync", values("disk", "mbsync", "full"),
            0.25, only="disk")
    noop = quick("tmpfs", "mbsync")
    compare("no-op, fresh connection", quick("tmpfs", "postkamer"), "mbsync", noop, 0.4, only="tmpfs")
    compare("no-op, kept connection", values("kept-5000", "noop_kept"), "mbsync", noop, 0.05, only="kept tmpfs")
    noop = quick("big20000", "mbsync")
    compare("no-op at 20,000, fresh connection", quick("big20000", "postkamer"), "mbsync", noop, 0.2, only="big")
    compare("no-op at 20,000, kept connection", values("kept-20000", "noop_kept"), "mbsync", noop, 0.2, only="big")
    small, large = ({run: values(name, "postkamer", "noop", "b_out").get(run, 0) + bytes_in for run, bytes_in in
                     values(name, "postkamer", "noop", "b_in").items()} for name in ("tmpfs", "big20000"))
    compare("bytes of a no-op, fresh, at 20,000", large, "ours at 5,000", small, 1.05, unit="B", only="tmpfs big")
    small, large = (values(name, "noop_kept", field="wire") for name in ("kept-5000", "kept-20000"))
    compare("bytes of a no-op, kept, at 20,000", large, "ours at 5,000", small, 1.05, unit="B", only="kept big")
    for where, words, goal in (("tmpfs", "memory disk", 0.6), ("disk", "durable on disk", 0.25)):
        compare(f"incremental, {words}", values(where, "postkamer", "incr"), "mbsync", values(where, "mbsync", "incr"), goal, only=where)
    alone("peak memory, 5,000 messages", middle(values("tmpfs", "postkamer", "full", "rss_mb")), 120, "MB", "tmpfs")
    alone("peak memory, 20,000 messages", middle(values("big20000", "postkamer", "full", "rss_mb")), 120, "MB", "big")
    alone("peak memory, 100,000 small messages", middle(values("big100000", "postkamer", "full", "rss_mb")), 120, "MB", "big")
    speed = {}
    for name in ("postkamer", "mu"):
        counts, walls = values("index", name, "index", "count"), values("index", name, "index")
        speed[name] = {run: counts[run] / walls[run] for run in walls if counts.get(run, 0) > 0}
    compare("index alone, messages a second", speed["postkamer"], "mu", speed["mu"], 6, unit="/s", more=True, only="index")
    sizes = (lines("sizes") or [{}])[0]
    mb = {name: {0: size / 1e6} for name, size in sizes.items()}
    compare("size of the index", mb.get("postkamer", {}), "mu", mb.get("mu", {}), 0.35, unit="MB", only="index")
    for part, goal in (("p50_ms", 0.1), ("p99_ms", 0.3)):
        asked = {}
        for row in lines("query"):
            asked.setdefault(row["label"], []).append(row["all"][part])
        asked = {name: dict(enumerate(found)) for name, found in asked.items()}
        compare(f"search with rights, {part[:3]}", asked.get("postkamer", {}), "libnotmuch", asked.get("libnotmuch", {}), goal,
                unit="ms", only="index")
    found = [row["all"]["p99_ms"] for row in lines("million") if "all" in row]
    alone("search with rights at 1,000,000 messages, p99", statistics.median(found) if found else None, 10, "ms", "million")
    rate = lambda label: values("smtp", label, field="msgs_s")
    compare("outbox: durable accept through the API, 4 kB, 10 at a time", rate("outbox_accept"), "Postfix",
            rate("postfix_accept"), 2, unit="/s", more=True, only="smtp")
    compare("sending, 4 kB, 10 at a time", rate("send_4096_10"), "nodemailer", rate("nodemailer_4096_10"), 2, unit="/s",
            more=True, only="smtp")
    compare("sending, 50 kB, 50 at a time", rate("send_51200_50"), "lettre", rate("lettre_51200_50"), 1, unit="/s", more=True,
            only="smtp")
    for part, goal in (("p50_ms", 3), ("p99_ms", 10)):
        alone(f"new mail, {part[:3]} after a bare reader's EXISTS", middle_of("newmail", "newmail", part), goal, "ms", "newmail")
    for count, memory in ((1000, 100), (10000, 1000)):
        alone(f"{count:,} idle accounts, memory", middle_of("idle", f"idle_{count}", "rss_mb"), memory, "MB", "idle")
        if count == 1000:
            alone("1,000 idle accounts, all connected", all_connected(), 30, "s", "idle")
    for what, label, goal in (("/mail with 100,000 messages", "page_mail", 20), ("opening a conversation there", "page_conversation", 15),
                              ("searching there, the page", "page_search", 15)):
        alone(f"{what}, p99", middle_of("page", label, "p99_ms"), goal, "ms", "page")
    for part in ("performance", "accessibility", "best-practices"):
        found = [middle_of("page", "lighthouse", f"{where}_{part}") for where in ("desk", "telephone")]
        alone(f"Lighthouse on /mail, {part}, the lower of desk and telephone", None if None in found else min(found), 100, "", "page", more=True)
    alone("script of /mail, compressed", middle_of("page", "page_script", "kb"), 60, "kB", "page")


def middle_of(name, label, field):
    found = [row[field] for row in lines(name) if row.get("label") == label and field in row]
    return statistics.median(found) if found else None


def all_connected():
    found = [row["secs"] for row in lines("idle") if row["label"] == "idle_1000" and row["connected"] >= 1000]
    return statistics.median(found) if found else None


def said(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""


def page():
    processor = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = int(pathlib.Path("/proc/meminfo").read_text().split()[1]) / 1e6
    packages = said("dpkg-query", "-W", "-f", "${Package} ${Version}, ", "dovecot-core", "isync", "notmuch", "maildir-utils", "postfix")
    loads = [row["load0"] for name in ("tmpfs", "disk") for row in lines(name) if "load0" in row]
    out = ["# Performance", "",
           "Written by `make bench` (scripts/bench/run.sh): Postkamer beside the programs to beat, in the same run on the same "
           "machine. Figures are medians; a ratio is the median of the ratios of the single runs, ours divided by theirs.", "",
           f"- Machine: {os.cpu_count()} × {processor.group(1) if processor else '?'}, {memory:.0f} GB, "
           f"Linux {os.uname().release}. Load when a pass began: {min(loads):g} to {max(loads):g}." if loads else
           f"- Machine: {os.cpu_count()} × {processor.group(1) if processor else '?'}, {memory:.0f} GB.",
           f"- Date: {datetime.date.today()}; commit {said('git', 'rev-parse', '--short', 'HEAD')}.",
           f"- Peers: {packages.strip(', ')}; nodemailer and lettre from their lock files.",
           "- Mailbox: 5,000 messages, 306 MB, made by the suite's gen_mail.py with seed 1; 100,000 are the same at a twentieth of "
           "the size.",
           "- \"Everything\" is `postkamer fetch` into an empty installation: stored durably, parsed, put in conversations, linked, "
           "indexed and searchable when it ends. \"Incremental\" is 100 new messages and about 1,000 changed flags.", "",
           "| case | ours | peer | theirs | ratio | goal | reached | again with `BENCH_ONLY=` |", "|---|---|---|---|---|---|---|---|"]
    for what, ours, peer, theirs, found, goal, reached, only in ROWS:
        word = {True: "yes", False: "**no**", None: "not measured"}[reached]
        out.append(f"| {what} | {ours} | {peer} | {theirs} | {found} | {goal} | {word} | {only} |")
    out += ["", "One part again: `BENCH_ONLY=\"smtp\" make bench`. The rows of 20,000 messages and more, and of 10,000 accounts, "
            "need `BENCH_BIG=1`. `BENCH_SUITE` says where the peers' own scripts are; they are no part of this repository.", ""]
    notes = HERE / "findings.md"
    if notes.exists():
        out += [notes.read_text().strip(), ""]
    return "\n".join(out)


rows()
PAGE.write_text(page())
print(PAGE.read_text())
