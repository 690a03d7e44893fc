"""A POP3 client that shares nothing with Postkamer: fetches everything through poplib.

Reads one JSON object from standard input ({host, port, tls, ca, user, password, delete}) and writes a JSON list of
{uidl, size, digest}; `delete` lists the UIDLs to delete afterwards.
"""

import hashlib
import json
import poplib
import socket
import ssl
import sys

socket.setdefaulttimeout(60)
poplib._MAXLINE = 100_000_000
order = json.load(sys.stdin)
context = ssl.create_default_context(cafile=order.get("ca"))
host, port = order.get("host", "localhost"), order["port"]
if order.get("tls") == "implicit":
    session = poplib.POP3_SSL(host, port, context=context)
else:
    session = poplib.POP3(host, port)
    if order.get("tls") == "starttls":
        session.stls(context)
if "UTF8" in session.capa():
    session.utf8()
session.user(order["user"])
session.pass_(order["password"])
told = []
for line in session.uidl()[1]:
    number, uidl = line.decode().split(" ", 1)
    raw = b"".join(part + b"\r\n" for part in session.retr(int(number))[1])
    told.append({"uidl": uidl, "size": len(raw), "digest": hashlib.sha256(raw).hexdigest()})
    if uidl in order.get("delete", []):
        session.dele(int(number))
session.quit()
json.dump(told, sys.stdout)
