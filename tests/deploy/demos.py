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
from urllib.parse import urlsplit

from deploy.demo.local_aws import PROJECT

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
    process: subprocess.Popen[str]
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
        return self.process.communicate(timeout=30)[0]


def start(**environ: str) -> Demo:
    process = subprocess.Popen(
        [sys.executable, "-m", "deploy.demo"],
        cwd=PROJECT,
        env=os.environ | {"PORT": "0", "DEMO_PASSWORD": ""} | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    shown = ""
    while "Ctrl-C" not in shown:
        line = process.stdout.readline()
        assert line, f"the demo ended while it started:\n{shown}"
        shown += line
    match = SHOWN.search(shown)
    assert match, shown
    return Demo(process, shown, match[1], match[2], match[3], Path(shlex.split(match[4])[0]).parent)


def end(demo: Demo) -> None:
    if demo.process.poll() is None:
        demo.stop()
    shutil.rmtree(demo.folder, ignore_errors=True)  # `kept` and `demo` have one folder
