"""Replays the blocks of pages, one page after the other in one folder, as a reader would who types them.

    replay.py FOLDER PAGE...

`sh`: the commands succeed. `console`: after `$ ` a command, then what it printed, where `[..]` is anything in a line and `...`
alone on a line any lines. A comment before a block, `<!-- replay: WORDS -->`, with commas between:

    file NAME         the block, of whatever language, is this file
    terminal NAME     typed in another terminal, which begins in the page's folder. What it has printed since can be shown by a
                      `console` block without a command
    stays TEXT        the last command does not end: go on as soon as it has printed TEXT; without, at once
    first COMMAND     before it, what a reader has done or has from elsewhere
    stop NAME         before it, Ctrl-C in that terminal
    not here: REASON  not replayed, which is said
"""
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time

SECONDS = 600  # for one command: it may build
# As the pages say them. What is replayed has others, so that it meets nothing that runs here.
PORTS = ["8080", "8081", "9090", "3000"]
ADDRESSES = {"API": "8081", "LISTEN": "8080", "UNTIS_WEBHOOK_ADMIN_LISTEN": "9090", "UNTIS_WEBHOOK_API_LISTEN": "8081"}


def free_ports():
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in PORTS]
    ports = [str(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return dict(zip(PORTS, ports))


class Failed(Exception):
    pass


class Terminal:
    """A shell that types nothing of its own, and whose output is read as it comes."""

    def __init__(self, folder, ports):
        self.printed, self.seen, self.number, self.ports = "", 0, 0, ports
        # What listens at a port by itself is told another; Python says what it says at once.
        addresses = {name: f"127.0.0.1:{ports[said]}" for name, said in ADDRESSES.items()}
        environment = os.environ | addresses | {"PORT": ports["3000"], "PYTHONUNBUFFERED": "1"}
        environment["UNTIS_WEBHOOK_NOTIFY_URL"] = f"http://127.0.0.1:{ports['3000']}/untis"
        self.shell = subprocess.Popen(["bash", "--norc"], cwd=folder, env=environment, text=True, bufsize=1, start_new_session=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.type("trap : INT")  # Ctrl-C is the command's
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.shell.stdout:
            self.printed += line

    def type(self, text):
        self.shell.stdin.write(text + "\n")

    def outside(self, text):
        for said, port in self.ports.items():
            text = re.sub(rf"\b{port}\b", said, text)
        return text

    def wait(self, until, what):
        deadline = time.monotonic() + SECONDS
        while not until():
            if not self.reader.is_alive() or time.monotonic() > deadline:
                raise Failed(f"{what}\n{self.new()}")
            time.sleep(0.02)

    def new(self):
        return self.outside(self.printed[self.seen:])

    def run(self, commands, must_succeed):
        """The commands' output."""
        self.number += 1
        mark = f"== {self.number} ended with "
        ended = re.compile(rf"{mark}(\d+)\n")
        # In the shell itself, so that folders and variables stay.
        self.type(f"set {'-e' if must_succeed else '+e'}\n{commands}\nprintf '%s%s\\n' '{mark}' $?; set +e")
        self.wait(lambda: ended.search(self.printed, self.seen), f"does not end, or fails: {commands}")
        found = ended.search(self.printed, self.seen)
        output, self.seen = self.printed[self.seen:found.start()], found.end()
        return self.outside(output)

    def stay(self, command, text):
        self.type(command)
        self.wait(lambda: text in self.new(), f"does not say {text!r}: {command}")

    def interrupt(self):
        os.killpg(self.shell.pid, signal.SIGINT)
        self.run("true", True)

    def close(self):
        try:
            os.killpg(self.shell.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def pattern(expected):
    """What matches these lines, empty ones aside."""
    lines = [line.rstrip() for line in expected if line.strip()]
    parts = ["(?:.*\n)*" if line == "..." else ".*".join(map(re.escape, line.split("[..]"))) + "\n" for line in lines]
    return re.compile("".join(parts))


def compact(output):
    return "".join(line.rstrip() + "\n" for line in output.splitlines() if line.strip())


class Page:
    def __init__(self, file, folder):
        self.file, self.folder, self.ports = file, folder, free_ports()
        self.terminals, self.blocks, self.commands = {}, 0, 0

    def terminal(self, name):
        if name not in self.terminals:
            self.terminals[name] = Terminal(self.folder, self.ports)
        return self.terminals[name]

    def inside(self, text):
        text = re.sub(r"\buntis-webhook listen\b(?! --port)", "untis-webhook listen --port 8080", text)
        for said, port in self.ports.items():
            text = re.sub(rf"(?<![\d.]){said}\b", port, text)
        return text

    def each(self):
        """The blocks, each with what the comment before it says."""
        block = re.compile(r"(?:^ *<!-- replay: ([^>]*) -->\n+)?^( *)```(\w*)[^\n]*\n(.*?)^\2```$", re.M | re.S)
        for words, indented, language, text in block.findall(self.file.read_text()):
            yield dict(self.word(word) for word in words.split(", ") if word), language, re.sub(f"(?m)^{indented}", "", text)

    def word(self, text):
        name, _, rest = text.partition(" ")
        if name not in ("file", "first", "terminal", "stays", "stop", "not"):
            raise Failed(f"no such word: {text}")
        return name, rest

    def replay(self):
        for words, language, text in self.each():
            if "stop" in words:
                self.terminal(words["stop"]).interrupt()
            terminal = self.terminal(words.get("terminal", ""))
            if "first" in words:
                terminal.run(self.inside(words["first"]), True)
            if "not" in words:
                print(f"{self.file.name}: a block is not replayed {words['not']}")
            elif "file" in words:
                terminal.run("mkdir -p \"$(dirname '%s')\"; cat >'%s' <<'END OF FILE'\n%sEND OF FILE" %
                             (words["file"], words["file"], self.inside(text)), True)
            elif language == "sh":
                self.sh(terminal, text, words.get("stays"))
            elif language == "console":
                self.console(terminal, text, words.get("stays"))
            else:
                continue
            self.blocks += 1

    def sh(self, terminal, text, stays):
        self.commands += len(re.findall(r"^[^#\s]", text, re.M))
        if stays is None:
            terminal.run(self.inside(text.rstrip()), True)
        else:
            *before, last = re.sub(r"\\\n", "", text.strip()).split("\n")
            terminal.run(self.inside("\n".join(before)) or "true", True)
            terminal.stay(self.inside(last), stays)
            terminal.seen = len(terminal.printed)

    def console(self, terminal, text, stays):
        commands = re.split(r"^\$ ", text, flags=re.M)
        self.compare(terminal, "", commands[0].splitlines(), "")
        for at, command in enumerate(commands[1:], 2):
            lines = command.splitlines()
            typed = [lines.pop(0)]
            while typed[-1].endswith("\\"):
                typed.append(lines.pop(0))
            typed = self.inside("\n".join(typed))
            self.commands += 1
            if stays is not None and at == len(commands):
                terminal.stay(typed, stays)
                output = ""
            else:
                output = terminal.run(typed, False)
            self.compare(terminal, output, lines, typed)

    def compare(self, terminal, output, expected, command):
        """What a command has printed, and what comes a moment later from those that go on in the background."""
        expected = pattern(expected)
        deadline = time.monotonic() + 30
        while not (found := expected.fullmatch(compact(output + terminal.new()))) and time.monotonic() < deadline:
            time.sleep(0.02)
        printed, terminal.seen = output + terminal.new(), len(terminal.printed)
        if not found:
            raise Failed(f"{command}\nexpected, as a pattern:\n{expected.pattern}\nprinted:\n{printed}")

    def close(self):
        for terminal in self.terminals.values():
            terminal.close()


def main(folder, *files):
    for file in files:
        started, page = time.monotonic(), Page(pathlib.Path(file), folder)
        try:
            page.replay()
        except Failed as failed:
            sys.exit(f"failed: {page.file.name}: {failed}")
        finally:
            page.close()
        if not page.blocks:
            sys.exit(f"failed: {page.file.name}: nothing to replay")
        print(f"{page.file.name}: {page.commands} commands, {time.monotonic() - started:.0f} s", flush=True)


main(*sys.argv[1:])
