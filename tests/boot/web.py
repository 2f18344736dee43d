# SPDX-License-Identifier: BSD-2-Clause
"""A web server for guests: the files of one folder, on a port of 127.0.0.1 (QEMU's user network shows it at 10.0.2.2).
"""
import functools
import hashlib
import http.server
import threading


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def serve(folder):
    """The port; it serves as long as the program runs."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def sha256(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()
