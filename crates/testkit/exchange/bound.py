"""A door of TLS before Exchange that demands Extended Protection, as IIS can: NTLM bound to the certificate of the line (RFC 5929,
tls-server-end-point). The judge is pyspnego, which we did not write. What it lets in is handed to the server at URL, whose address
becomes the door's in what is answered.
python bound.py PORT CERTIFICATE KEY BOUND-TO URL USER PASSWORD

BOUND-TO is the certificate to which the handshake must be bound: another one than the door shows, when somebody stands between.
Each judgment is a line: `judged in`, or `judged` and the name of what was wrong."""
import base64
import hashlib
import os
import ssl
import sys
import tempfile
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import spnego
from spnego._ntlm_raw.messages import Authenticate, AvId, NTClientChallengeV2
from spnego.channel_bindings import GssChannelBindings

port, certificate, key, bound_to, url, user, password = sys.argv[1:]
with open(bound_to) as file:
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read())).digest()
bindings = GssChannelBindings(application_data=b"tls-server-end-point:" + digest)
with tempfile.NamedTemporaryFile("w", delete=False) as file:
    domain, name = user.split("\\")
    file.write(f"{domain}:{name}:{password}\n")
os.environ["NTLM_USER_FILE"] = file.name
basic = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def told(words):
    print("judged", words, flush=True)


def is_unbound(token):
    """pyspnego takes a binding of nothing for one; a server that demands it does not."""
    answer = Authenticate.unpack(token).nt_challenge_response
    pairs = NTClientChallengeV2.unpack(answer[16:]).av_pairs
    return pairs.get(AvId.channel_bindings, b"\x00" * 16) == b"\x00" * 16


class Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Both are of the connection, as NTLM has it.
    context = None
    is_in = False

    def log_message(self, *_):
        pass

    def answer(self, status, headers, body=b""):
        self.send_response(status)
        for header, value in headers:
            self.send_header(header, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, token=b""):
        way = "NTLM " + base64.b64encode(token).decode() if token else "NTLM"
        self.answer(401, [("WWW-Authenticate", way)])

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        said = self.headers.get("Authorization", "")
        if said.startswith("NTLM "):
            token = base64.b64decode(said[5:])
            if token[8] == 1:
                self.is_in = False
                self.context = spnego.server(protocol="ntlm", channel_bindings=bindings)
                return self.refuse(self.context.step(token))
            try:
                if self.context is None:
                    return self.refuse()
                if is_unbound(token):
                    raise ValueError("no binding")
                self.context.step(token)
                self.is_in = self.context.complete
                told("in")
            except Exception as wrong:
                told(type(wrong).__name__)
                return self.refuse()
            finally:
                self.context = None if self.is_in else self.context
        if not self.is_in:
            return self.refuse()
        question = urllib.request.Request(url + self.path, body, {"Content-Type": "text/xml; charset=utf-8", "Authorization": basic})
        try:
            with urllib.request.urlopen(question) as reply:
                here = f"https://{self.headers['Host']}".encode()
                said = reply.read().replace(url.encode(), here)
                self.answer(reply.status, [("Content-Type", reply.headers["Content-Type"])], said)
        except urllib.error.HTTPError as refused:
            self.answer(refused.code, [("Content-Type", refused.headers.get("Content-Type", "text/plain"))], refused.read())


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server = ThreadingHTTPServer(("127.0.0.1", int(port)), Door)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
