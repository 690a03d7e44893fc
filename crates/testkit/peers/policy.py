# Serves the folder `web` over HTTPS with the certificate beside it.
import http.server
import os
import ssl


class Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map = {".txt": "text/plain"}

    def log_message(self, *words):
        pass


context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain("cert.pem", "key.pem")
os.chdir("web")
server = http.server.ThreadingHTTPServer(("127.0.0.44", 443), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
