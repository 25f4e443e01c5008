# pip install standardwebhooks, then python3 app.py where notify-secret.txt and api-token.txt are.
import json, os
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import quote
from standardwebhooks import Webhook

secret, token = (open(file).read().strip() for file in ("notify-secret.txt", "api-token.txt"))
versions = {}  # of the schools; in your database, so that they outlive the process

def credentials(tenant):  # None unless the school is active
    api = HTTPConnection(os.environ.get("API", "127.0.0.1:8081"), timeout=5)
    path = f"/v1/tenants/{quote(tenant, safe='')}/credentials"
    api.request("GET", path, headers={"Authorization": f"Bearer {token}"})
    answer = api.getresponse()
    if answer.status not in (200, 404):
        raise RuntimeError(f"the API answers {answer.status}")  # so that the daemon tells it again
    return json.load(answer) if answer.status == 200 else None

def handle(tenant, school):
    if school["version"] <= versions.get(tenant, 0):
        return  # it came before
    if school["deletedSince"]:
        print(f"{tenant}: erase what there is of it", flush=True)
    if school["status"] != "active":
        print(f"{tenant}: {school['status']}, stop working for it", flush=True)
    elif found := credentials(tenant):
        print(f"{tenant}: active, as {found['clientId']} at {found['host']}", flush=True)
    versions[tenant] = school["version"]

class Application(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(self.answer(body))
        self.end_headers()

    def answer(self, body):
        try:
            school = Webhook(secret).verify(body, dict(self.headers))["data"]
        except Exception:  # of several kinds: it is not the daemon's
            return 401
        handle(school["tenantId"], school)
        return 204

HTTPServer(("127.0.0.1", int(os.environ.get("PORT", 3000))), Application).serve_forever()
