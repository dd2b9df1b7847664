"""A product that records an event and shows its activity log, with nothing but Python's standard library.

    EVERLOG_URL=http://127.0.0.1:7878 EVERLOG_ORG=acme EVERLOG_API_KEY=evl_sk_… python3 examples/python/server.py

The key has the scopes write and read; the organization lists http://127.0.0.1:3000 in its setting embed_origins.
"""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import Request, urlopen

URL = os.environ.get("EVERLOG_URL", "http://127.0.0.1:7878")
ORG = os.environ.get("EVERLOG_ORG", "acme")
KEY = os.environ["EVERLOG_API_KEY"]
ROLE = os.environ.get("EVERLOG_ROLE", "user")
# Whoever is signed in to your product.
USER = {"id": "u_1", "name": "Ana Ruiz", "email": "ana@acme.example"}


def everlog(path, body):
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    request = Request(f"{URL}/v1/organizations/{ORG}/{path}", json.dumps(body).encode(), headers)
    with urlopen(request, timeout=10) as answer:
        return json.load(answer)


TEMPLATE = Path(__file__).parent.parent / "host-page" / "index.html"
PAGE = TEMPLATE.read_text(encoding="utf-8").replace("EVERLOG_URL", URL).encode()


class Product(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer("text/html; charset=utf-8", PAGE)

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path != "/activity-log-token":
            return self.send_error(404)
        try:
            token = everlog("viewer-sessions", {"user": USER, "role": ROLE})["token"]
        except OSError as why:
            return self.send_error(502, str(why))
        self.answer("text/plain", token.encode())

    def answer(self, kind, body):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


everlog("events", {"action": "report.opened", "actor": {"type": "user", **USER},
                   "targets": [{"type": "report", "id": "r_1", "name": "Sales of the year"}]})
server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "3000"))), Product)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
