# SPDX-License-Identifier: BSD-2-Clause
"""Talks to a guest over its console: what the boot tests share. The console of each boot is in
build/test/boot-NAME.txt."""
import os
import re
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = f"{ROOT}/build/test"
DEBIAN_PROMPT = "root@pyrite:~# "
running = []


class Console:
    """A process whose output is collected and waited for, line ends and colours removed."""

    def __init__(self, name, cmd):
        self.log = open(f"{OUT}/boot-{name}.txt", "wb")
        self.text, self.at = "", 0
        self.p = subprocess.Popen(cmd, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
        os.set_blocking(self.p.stdout.fileno(), False)

    def read(self):
        data = self.p.stdout.read() or b""
        self.log.write(data)
        self.log.flush()
        self.text += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", data.decode(errors="replace").replace("\r", ""))
        return data

    def expect(self, word, limit):
        """True when `word` comes after what was found last."""
        end = time.monotonic() + limit
        while True:
            got = self.read()
            found = self.text.find(word, self.at)
            if found >= 0:
                self.at = found + len(word)
                return True
            if time.monotonic() > end or (not got and self.p.poll() is not None):
                return False
            time.sleep(0.05)

    def type(self, text):
        try:
            self.p.stdin.write(text.encode())
            self.p.stdin.flush()
        except BrokenPipeError:
            pass

    def end(self, limit):
        """Exit status, None if it had to be killed."""
        end = time.monotonic() + limit
        while self.p.poll() is None and time.monotonic() < end:
            self.read()
            time.sleep(0.05)
        status = self.p.poll()
        if status is None:
            self.p.kill()
            self.p.wait()
        self.read()
        self.log.close()
        return status


class Boot:
    """One boot: checks that are printed as ok or not ok; after the first failure the rest is not tried."""

    def __init__(self, name, cmd, off=0):
        self.name, self.off, self.good = name, off, True
        self.console = Console(name.replace("/", "-"), cmd)
        running.append(self.console.p)

    def check(self, what, good, why=""):
        if not self.good:
            return False
        print(f"{'ok' if good else 'not ok'} boot/{self.name}/{what}" + (f": {why}" if why and not good else ""),
              flush=True)
        if not good:
            self.good = False
            print("\n".join("    " + line for line in self.console.text.splitlines()[-20:]), flush=True)
        return good

    def expect(self, what, word, limit):
        return self.good and self.check(what, self.console.expect(word, limit), f"no {word!r} within {limit} s")

    def finish(self, limit):
        """The guest powers off: the status is self.off."""
        status = self.console.end(limit if self.good else 0)
        self.check("exit_status", status == self.off, f"{status}, expected {self.off}")
        return self.good


class Shell:
    """Root's shell in Debian (tools/fetch-rootfs)."""

    def __init__(self, boot):
        self.boot = boot

    def command(self, what, line, *answers, limit=120):
        """Sends a line; the answers must come (one that begins with a line end is not its echo), then the prompt."""
        if not self.boot.good:
            return
        self.boot.console.type(line + "\n")
        for answer in answers:
            if not self.boot.console.expect(answer, limit):
                self.boot.check(what, False, f"no {answer!r} within {limit} s")
                return
        self.boot.check(what, self.boot.console.expect(DEBIAN_PROMPT, limit), "no prompt")


def login(boot, start, slow=1):
    """Root at Debian's serial console; `start`: time.monotonic() at power-on."""
    if boot.expect("login", "pyrite ttyS0\n\npyrite login: ", 400 * slow):
        print(f"    power-on to login: {time.monotonic() - start:.0f} s")
        boot.console.type("root\n")
        if boot.expect("password", "Password: ", 60 * slow):
            boot.console.type("pyrite\n")
    boot.expect("prompt", DEBIAN_PROMPT, 120 * slow)


def stop(*_):
    for p in running:
        if p.poll() is None:
            p.kill()
    sys.exit(143)


def main(kinds, doc):
    """Runs the functions of `kinds` that the command line names; the exit status."""
    chosen = sys.argv[1:]
    if not chosen or set(chosen) - set(kinds):
        sys.exit(doc)
    signal.signal(signal.SIGTERM, stop)
    os.makedirs(OUT, exist_ok=True)
    return 0 if all([kinds[k]() for k in chosen]) else 1
