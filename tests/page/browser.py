"""Chromium, spoken to by its own protocol over two pipes: no driver and no library is between."""

import base64
import json
import os
import shutil
import subprocess
import tempfile


class Browser:
    """A browser with an empty profile, and one tab."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="page-profile.")
        to_browser, self.writer = os.pipe()
        self.reader, from_browser = os.pipe()
        flags = [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
            "--remote-debugging-pipe", f"--user-data-dir={self.profile}", "about:blank",
        ]
        # It reads from 3 and writes to 4.
        shell = f'exec "$@" 3<&{to_browser} 4>&{from_browser}'
        self.process = subprocess.Popen(
            ["bash", "-c", shell, "chromium", "chromium", *flags],
            pass_fds=[to_browser, from_browser], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self.buffer = b""
        self.number = 0
        self.session = None
        self.events = []
        self.credentials = None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ["Page", "Runtime", "Log", "Audits", "Network", "DOM", "Accessibility"]:
            self.ask(f"{domain}.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def ask(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.writer, json.dumps(message).encode() + b"\0")
        number = self.number
        while True:
            answer = self.receive()
            if answer.get("id") == number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                return answer["result"]

    def receive(self):
        while b"\0" not in self.buffer:
            octets = os.read(self.reader, 1 << 16)
            if not octets:
                raise AssertionError("the browser has ended")
            self.buffer += octets
        message, self.buffer = self.buffer.split(b"\0", 1)
        message = json.loads(message)
        if "method" in message:
            self.happened(message)
        return message

    def happened(self, event):
        if event["method"] == "Fetch.authRequired":
            # Answered without waiting: it comes while something else is waited for.
            request = event["params"]["requestId"]
            self.tell("Fetch.continueWithAuth", requestId=request, authChallengeResponse=self.credentials)
        elif event["method"] == "Fetch.requestPaused":
            self.tell("Fetch.continueRequest", requestId=event["params"]["requestId"])
        else:
            self.events.append(event)

    def tell(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params, "sessionId": self.session}
        os.write(self.writer, json.dumps(message).encode() + b"\0")

    def log_in(self, password):
        """What a person types when the browser asks."""
        self.credentials = {"response": "ProvideCredentials", "username": "operator", "password": password}
        self.ask("Fetch.enable", handleAuthRequests=True)

    def open(self, url):
        """Loads a page, and gives its status."""
        self.events.clear()
        self.ask("Page.navigate", url=url)
        self.wait("Page.loadEventFired")
        responses = [event["params"] for event in self.events if event["method"] == "Network.responseReceived"]
        return next(each["response"]["status"] for each in responses if each["type"] == "Document")

    def wait(self, method):
        while not any(event["method"] == method for event in self.events):
            self.receive()

    def complaints(self):
        """What the console has, and what violates the policy."""
        methods = ["Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Audits.issueAdded"]
        return [event["params"] for event in self.events if event["method"] in methods]

    def run(self, expression):
        result = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise AssertionError(result["exceptionDetails"])
        return result["result"].get("value")

    def press(self, key):
        codes = {"Tab": 9, "Enter": 13}
        text = {"Enter": "\r"}.get(key, "")
        common = {"key": key, "code": key, "windowsVirtualKeyCode": codes[key]}
        self.ask("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **common)

    def look(self, width, height, scheme, phone=False):
        """As wide and as high, light or dark."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, mobile=phone, deviceScaleFactor=2 if phone else 1)
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def accept(self, language):
        self.ask("Network.setExtraHTTPHeaders", headers={"accept-language": language})

    def roles(self):
        """How many there are of each role, for whoever does not see the page."""
        counts = {}
        for node in self.ask("Accessibility.getFullAXTree")["nodes"]:
            role = node.get("role", {}).get("value")
            if not node.get("ignored"):
                counts[role] = counts.get(role, 0) + 1
        return counts

    def picture(self, height):
        """What is seen, to this height at most, as PNG."""
        size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], height), "scale": 1}
        data = self.ask("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)["data"]
        return base64.b64decode(data)
