"""Who acts: a person by name, and from which address; for a command, in whose session of the operating system; or the console itself, for
one of its jobs."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_PLAIN = re.compile(rb"[A-Za-z0-9_+,.@-]")
MOST = 64  # of a session's name, at least 2: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html


@dataclass(frozen=True)
class Actor:
    """`job` is what the console does by itself; a person has none."""

    name: str
    address: str = ""
    os_user: str = ""  # of the shell in which a command was run in this person's name
    job: str = ""

    @property
    def session_name(self) -> str:
        """RoleSessionName and SourceIdentity in AWS, so that CloudTrail tells who it was."""
        return f"console={self.job}" if self.job else session_name(self.name)


def session_name(person: str) -> str:
    """A person's name in the letters that STS takes, and no other person's. What STS does not take, and the equals sign itself, is written
    as `=` and the hex digits of each byte; what is too long or too short then ends in `==` and a digest. The console's own jobs have
    an equals sign before a small letter, which no person's name can come to."""
    raw = person.encode("utf-8", "surrogatepass")
    written = "".join(chr(b) if _PLAIN.match(bytes([b])) else f"={b:02X}" for b in raw)
    if 2 <= len(written) <= MOST:
        return written
    digest = hashlib.sha256(raw).hexdigest()[:24]
    return f"{written[: MOST - 26]}=={digest}"


CONSOLE = Actor("console", job="settle_audit")  # what the console does by itself: settling, for one
