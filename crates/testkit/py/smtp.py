"""An SMTP client that shares nothing with Postkamer: sends one message through smtplib.

Reads {port, tls, ca, user, password | token, sender, recipients, raw} from standard input, writes {"refused": {...}}
or {"code": ..., "words": ...} when the server took nothing.
"""

import base64
import json
import smtplib
import socket
import ssl
import sys

socket.setdefaulttimeout(60)
order = json.load(sys.stdin)
context = ssl.create_default_context(cafile=order.get("ca"))
host, port = order.get("host", "localhost"), order["port"]
raw = base64.b64decode(order["raw"])


def sign_in(session):
    if order.get("token"):
        words = f"user={order['user']}\x01auth=Bearer {order['token']}\x01\x01".encode()
        code, answer = session.docmd("AUTH", "XOAUTH2 " + base64.b64encode(words).decode())
        if code != 235:
            raise smtplib.SMTPAuthenticationError(code, answer)
    elif order.get("user"):
        session.login(order["user"], order["password"])


try:
    if order.get("tls") == "implicit":
        session = smtplib.SMTP_SSL(host, port, context=context)
    else:
        session = smtplib.SMTP(host, port)
    session.ehlo()
    if order.get("tls") == "starttls":
        session.starttls(context=context)
        session.ehlo()
    sign_in(session)
    refused = session.sendmail(order["sender"], order["recipients"], raw)
    session.quit()
    told = {to: [code, words.decode(errors="replace")] for to, (code, words) in refused.items()}
    json.dump({"refused": told}, sys.stdout)
except smtplib.SMTPRecipientsRefused as refusal:
    told = {to: [code, words.decode(errors="replace")] for to, (code, words) in refusal.recipients.items()}
    json.dump({"refused": told}, sys.stdout)
except smtplib.SMTPResponseException as refusal:
    json.dump({"code": refusal.smtp_code, "words": refusal.smtp_error.decode(errors="replace")}, sys.stdout)
