"""A demo, started as `make demo` starts it."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from deploy.demo.local_aws import PROJECT
from testkit import warm

DEMO = ("-m", "deploy.demo")  # after Python's own name
SHOWN = re.compile(
    r"console +(\S+)\n.*Password +(\S+)\n.*Local AWS +(\S+)\n.*AWS_CONFIG_FILE=([^\n]+)\n",
    re.DOTALL,
)


@dataclass
class Answer:
    status: int
    headers: Message
    text: str


@dataclass
class Demo:
    process: subprocess.Popen[str] | warm.Program
    output: IO[str]
    shown: str
    address: str
    password: str
    endpoint: str
    folder: Path

    @property
    def github(self) -> str:
        """The address of the small GitHub of this demo."""
        found = re.search(r"GitHub +(http://\S+),", self.shown)
        assert found, self.shown
        return found[1]

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> Answer:
        sent = {name.replace("_", "-"): text for name, text in headers.items()}
        with closing(HTTPConnection(str(urlsplit(self.address).netloc), timeout=30)) as connection:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read().decode())

    def stop(self, number: signal.Signals = signal.SIGTERM) -> str:
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> str:
        """What it and all that it started have yet to say, once they have ended."""
        rest = self.output.read()
        self.process.wait(30)
        return rest


def start(*, forked: bool = False, **environ: str) -> Demo:
    """By itself, or for half the price `forked` from the warm Python, as all that it starts."""
    # A second worker, and each status pass but the first, would take seconds of the processor.
    ours = {"PORT": "0", "DEMO_PASSWORD": "", "WEB_CONCURRENCY": "1", "STATUS_EVERY": "3600"}
    environ = os.environ | ours | environ
    reader, writer = os.pipe()
    with open(os.devnull) as nothing, os.fdopen(writer, "w") as written:
        if forked:
            streams = (nothing.fileno(), writer, writer)
            process: subprocess.Popen[str] | warm.Program = warm.begin(DEMO, environ, *streams)
        else:
            command = [sys.executable, *DEMO]
            process = subprocess.Popen(
                command, cwd=PROJECT, env=environ, stdout=written, stderr=written, text=True
            )
    output, shown = os.fdopen(reader), ""
    while "Ctrl-C" not in shown:
        line = output.readline()
        assert line, f"the demo ended while it started:\n{shown}"
        shown += line
    match = SHOWN.search(shown)
    assert match, shown
    folder = Path(shlex.split(match[4])[0]).parent
    return Demo(process, output, shown, match[1], match[2], match[3], folder)


def end(demo: Demo) -> None:
    if demo.process.poll() is None:
        demo.stop()
    demo.output.close()
    shutil.rmtree(demo.folder, ignore_errors=True)  # `kept` and `demo` have one folder
