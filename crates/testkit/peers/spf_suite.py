"""The test suite of RFC 7208 as name servers: one for each of its scenarios, which answers what the scenario says.

Prints the scenarios with their ports and cases as one line of JSON, then answers until its input ends.
"""

import json
import socket
import struct
import sys
import threading

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import yaml


def pieces(text):
    """The pieces of a TXT record; a longer one is cut, as every name server does."""
    for piece in [text] if isinstance(text, str) else text or [""]:
        raw = piece.encode("utf-8" if any(ord(c) > 255 for c in piece) else "latin-1")
        for at in range(0, max(len(raw), 1), 255):
            yield raw[at : at + 255]


def rdata(kind, value):
    if kind in ("TXT", "SPF"):
        wire = b"".join(bytes([len(piece)]) + piece for piece in pieces(value))
    elif kind == "MX":
        wire = struct.pack("!H", value[0]) + name(value[1]).to_wire()
    elif kind in ("PTR", "CNAME"):
        wire = name(value).to_wire()
    else:
        return dns.rdata.from_text("IN", kind, value)
    return dns.rdata.from_wire("IN", kind, wire, 0, len(wire))


def name(text):
    labels = [label.encode("latin-1") for label in text.rstrip(".").split(".") if label]
    return dns.name.Name([*labels, b""])


class Zone:
    def __init__(self, data):
        self.names = {}
        for owner, records in data.items():
            kinds, fails, no_txt = {}, set(), False
            for record in records:
                if isinstance(record, str):
                    fails.add("*" if record == "TIMEOUT" else record)
                    continue
                for kind, value in record.items():
                    if value == "NONE":
                        no_txt |= kind == "TXT"
                    elif value == "TIMEOUT":
                        fails.add(kind)
                    else:
                        kinds.setdefault(kind, []).append(value)
            # The suite says SPF where every domain says TXT now (RFC 7208, 3.1).
            if "TXT" not in kinds and not no_txt:
                if "SPF" in kinds:
                    kinds["TXT"] = list(kinds["SPF"])
                if "SPF" in fails:
                    fails.add("TXT")
            try:
                self.names[name(owner).canonicalize()] = (kinds, fails)
            except dns.exception.DNSException:
                pass  # No name server can have such a name, and nobody can ask for it.

    def answer(self, wire):
        query = dns.message.from_wire(wire)
        reply = dns.message.make_response(query, recursion_available=True)
        reply.flags |= dns.flags.AA
        question = query.question[0]
        asked, kind = question.name, dns.rdatatype.to_text(question.rdtype)
        for _ in range(10):
            found = self.names.get(asked.canonicalize())
            if found is None:
                if not any(known.is_subdomain(asked.canonicalize()) for known in self.names):
                    reply.set_rcode(dns.rcode.NXDOMAIN)
                break
            kinds, fails = found
            if kind in fails or ("*" in fails and kind not in kinds):
                reply.set_rcode(dns.rcode.SERVFAIL)
                break
            follow = "CNAME" in kinds and kind != "CNAME"
            wanted = "CNAME" if follow else kind
            if wanted in kinds:
                rows = [rdata(wanted, value) for value in kinds[wanted]]
                reply.answer.append(dns.rrset.from_rdata_list(asked, 5, rows))
            if not follow:
                break
            asked = name(kinds["CNAME"][0])
        return reply


def serve(zone):
    while True:
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", 0))
        tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            tcp.bind(udp.getsockname())
            break
        except OSError:
            udp.close()
    tcp.listen()

    def by_udp():
        while True:
            wire, who = udp.recvfrom(4096)
            udp.sendto(zone.answer(wire).to_wire(max_size=65535), who)

    def by_tcp():
        while True:
            line, _ = tcp.accept()
            threading.Thread(target=conversation, args=(line,), daemon=True).start()

    def conversation(line):
        with line, line.makefile("rwb") as stream:
            while head := stream.read(2):
                wire = zone.answer(stream.read(struct.unpack("!H", head)[0])).to_wire()
                stream.write(struct.pack("!H", len(wire)) + wire)
                stream.flush()

    for task in (by_udp, by_tcp):
        threading.Thread(target=task, daemon=True).start()
    return udp.getsockname()[1]


def main():
    scenarios = []
    with open(sys.argv[1], encoding="utf-8") as suite:
        for scenario in yaml.safe_load_all(suite):
            cases = []
            for case, what in scenario["tests"].items():
                result = what["result"]
                cases.append(
                    {
                        "name": case,
                        "helo": what["helo"],
                        "host": what["host"],
                        "sender": what["mailfrom"] or "",
                        "allowed": [result] if isinstance(result, str) else result,
                    }
                )
            port = serve(Zone(scenario["zonedata"]))
            scenarios.append({"description": scenario["description"], "port": port, "cases": cases})
    print(json.dumps(scenarios), flush=True)
    sys.stdin.read()


main()
