"""Who acts: a person, or the console itself for one of its jobs."""

import hashlib
import re
from dataclasses import dataclass

_PLAIN = re.compile(rb"[A-Za-z0-9_+,.@-]")
# Characters of a role session name, at least 2:
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
MOST = 64


@dataclass(frozen=True)
class Actor:
    """`address` is where the request came from, `os_user` the user of the shell in which a command
    ran in this person's name. `job` is what the console does by itself; a person has none."""

    name: str
    address: str = ""
    os_user: str = ""
    job: str = ""

    @property
    def session_name(self) -> str:
        """RoleSessionName and SourceIdentity in AWS, so that CloudTrail names the person."""
        return f"console={self.job}" if self.job else session_name(self.name)


def session_name(person: str) -> str:
    """A person's name in the characters that STS allows; no two names give the same result.

    Other characters, and the equals sign itself, are written as `=` and the hex digits of each
    byte. A name that is too long or too short then ends in `==` and a digest. The console's own
    jobs have an equals sign before a small letter, which no person's name can have.
    """
    raw = person.encode("utf-8", "surrogatepass")
    written = "".join(chr(b) if _PLAIN.match(bytes([b])) else f"={b:02X}" for b in raw)
    if 2 <= len(written) <= MOST:
        return written
    digest = hashlib.sha256(raw).hexdigest()[:24]
    return f"{written[: MOST - 26]}=={digest}"


# The console itself, when it settles the audit log.
CONSOLE = Actor("console", job="settle_audit")
