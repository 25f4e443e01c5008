"""The daemon that is looked at, with schools that have made-up names."""

import json
import os
import re
import sqlite3
import subprocess
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Application(BaseHTTPRequestHandler):
    """Takes what it is told of the first school alone."""

    def do_POST(self):
        school = json.loads(self.rfile.read(int(self.headers["content-length"])))["data"]["tenantId"]
        self.send_response({"3900": 404, "2401": 503}.get(school, 204))
        self.end_headers()

    def log_message(self, *_):
        pass


class Daemon:
    def __init__(self, programs, schools):
        self.folder = tempfile.TemporaryDirectory(prefix="page.")
        self.path = Path(self.folder.name)
        self.daemon = Path(programs) / "untis-webhookd"
        self.command = Path(programs) / "untis-webhook"
        self.application = ThreadingHTTPServer(("127.0.0.1", 0), Application)
        threading.Thread(target=self.application.serve_forever, daemon=True).start()
        self.run(self.daemon, "keygen", "store-key", "store-key.txt")
        self.run(self.daemon, "keygen", "token", "token.txt")
        self.run(self.daemon, "keygen", "secret", "secret.txt")
        self.run(self.command, "keygen")
        self.token = (self.path / "token.txt").read_text().strip()
        self.schools(schools)

    def __enter__(self):
        self.start()
        return self

    def environment(self):
        """No variable of this process's own is the daemon's."""
        return {
            "PATH": os.environ["PATH"],
            "LISTEN": "127.0.0.1:0",
            "UNTIS_WEBHOOK_ADMIN_LISTEN": "127.0.0.1:0",
            "UNTIS_WEBHOOK_API_LISTEN": "127.0.0.1:0",
            "UNTIS_WEBHOOK_API_TOKEN_FILE": "token.txt",
            "UNTIS_WEBHOOK_KEYS": "2026=untis-public.txt",
            "UNTIS_WEBHOOK_STORE_KEYS": "first=store-key.txt",
            "UNTIS_WEBHOOK_NOTIFY_URL": f"http://127.0.0.1:{self.application.server_port}/untis",
            "UNTIS_WEBHOOK_NOTIFY_SECRET_FILE": "secret.txt",
        }

    def run(self, *command, check=True, text=None):
        done = subprocess.run(
            command, cwd=self.path, env=self.environment(), input=text, capture_output=True, text=True, timeout=120)
        if check and done.returncode != 0:
            raise AssertionError(f"{command}: {done.stdout}{done.stderr}")

    def schools(self, number):
        """Some by the daemon's own command; of many the others are copies of these under other ids, whose ciphertexts are
        therefore good for nothing but their length."""
        names = ["HTL Musterstadt", "Gymnasium am Lindenpark", "Berufsschule Neufeld", "Mittelschule Sonnental"]
        lines = [
            json.dumps({
                "tenantId": str(100_000 + place * 700 if number > 3 else [1001, 2401, 3900][place]),
                "clientId": "example-app", "secret": "secret", "password": "password", "host": "example.webuntis.com",
                "schoolName": f"{names[place % 4]} {place // 4 + 1}" if place > 3 else names[place],
                "country": "AT", "language": "de",
            })
            for place in range(min(number, 1000))
        ]
        self.run(self.daemon, "tenants", "import", "-", text="\n".join(lines))
        if number <= 1000:
            return
        database = sqlite3.connect(self.path / "untis-webhookd.db")
        for table in ["untis_webhook_tenants", "untis_webhook_sets"]:
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            copied = ", ".join("CAST(tenant_id + n.value * 7 AS TEXT)" if name == "tenant_id" else name for name in columns)
            database.execute(
                f"WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < {number // 1000 - 1}) "
                f"INSERT INTO {table} ({', '.join(columns)}) SELECT {copied} FROM {table}, n")
        database.execute(
            "UPDATE untis_webhook_tenants SET received_at = unixepoch() - abs(random() % 8640000), status = CASE abs(random() % 50) "
            "WHEN 0 THEN 'deactivated' WHEN 1 THEN 'deactivated' WHEN 2 THEN 'deleted' ELSE 'active' END")
        database.commit()
        database.close()

    def start(self):
        self.log = open(self.path / "log", "w+")
        self.process = subprocess.Popen(
            [self.daemon, "serve"], cwd=self.path, env=self.environment(), stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 30
        while True:
            listening = re.search(r"address=(\S+) admin=(\S+)", (self.path / "log").read_text())
            if listening:
                break
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise AssertionError((self.path / "log").read_text())
            time.sleep(0.05)
        self.webhook, self.admin = (f"http://{address}" for address in listening.groups())

    def send(self, event, school, *more, path="/webhook"):
        """A delivery; of a forged one the command says that it was refused."""
        fields = [f"tenantId={school}", "clientId=example-app", "host=example.webuntis.com"]
        if event == "credentials-v1":
            fields.append("schoolName=HTL Musterstadt")
        said = [text for field in fields if field.split("=")[0] + "=" not in "".join(more) for text in ("--set", field)]
        self.run(self.command, "send", event, *said, *more, "--to", self.webhook + path, check=False)

    def live(self):
        """What happens to a school, and what must not."""
        self.send("credentials-v1", "1001", "--set", "password=another")
        self.send("reset", "2401", "--set", "password=another")
        self.send("created", "3900", "--set", "clientId=somebody-elses", "--set", "password=theirs")
        for forgery, times in [("other-key", 7), ("missing-algorithm", 2), ("tampered-body", 1)]:
            for _ in range(times):
                self.send("created", "9999", "--forge", forgery)
        self.send("created", "1001", path="/webhook/")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=60)
        self.application.shutdown()
        self.log.close()
        self.folder.cleanup()
