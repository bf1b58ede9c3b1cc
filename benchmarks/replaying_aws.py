"""A local AWS at a fixed delay: asks a moto server once for each call, and from then on answers the
same again.

moto takes 5 to 7 ms a call and one call at a time, which would hide what is measured. What moto
lacks is answered as AWS does: the simulator allows, CloudTrail has no event. `python -m
benchmarks.replaying_aws ENDPOINT` serves one.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from urllib.parse import parse_qs, urlsplit

from testkit.fake_aws import FakeAws, FakeAwsProcess, Headers

_SIMULATED = """<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><SimulatePrincipalPolicyResult>
<IsTruncated>false</IsTruncated><EvaluationResults>{}</EvaluationResults></SimulatePrincipalPolicyResult>
</SimulatePrincipalPolicyResponse>"""
_ALLOWED = """<member><EvalActionName>{}</EvalActionName><EvalResourceName>{}</EvalResourceName>
<EvalDecision>allowed</EvalDecision><MatchedStatements/><MissingContextValues/></member>"""


class ReplayingAws(FakeAws):
    """`upstream` is the moto server's URL."""

    def __init__(self, upstream: str) -> None:
        super().__init__({})
        self._host = urlsplit(upstream).netloc
        self._answers: dict[tuple[str, ...], tuple[int, bytes]] = {}
        self.calls = 0

    def answer(self, method: str, path: str, headers: Headers, body: bytes) -> tuple[int, bytes]:
        self.calls += 1
        key = (method, path, headers.get("x-amz-target", ""), body.decode())
        if key not in self._answers:
            self._answers[key] = _canned(key[2], body.decode()) or self._ask(
                method, path, headers, body
            )
        return self._answers[key]

    def take_calls(self, person: str) -> Mapping[str, int]:
        """All calls since the last time, whoever made them."""
        calls, self.calls = self.calls, 0
        return {"all": calls}

    def _ask(self, method: str, path: str, headers: Headers, body: bytes) -> tuple[int, bytes]:
        connection = HTTPConnection(self._host, timeout=30)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


def _canned(target: str, body: str) -> tuple[int, bytes] | None:
    if target.endswith("LookupEvents"):
        return 200, b'{"Events": []}'
    form = parse_qs(body) if body.startswith("Action=SimulatePrincipalPolicy") else {}
    if not form:
        return None
    resource = form["ResourceArns.member.1"][0]
    actions = [values[0] for name, values in form.items() if name.startswith("ActionNames.")]
    results = "".join(_ALLOWED.format(action, resource) for action in actions)
    return 200, _SIMULATED.format(results).encode()


@contextmanager
def start(upstream: str) -> Iterator[FakeAwsProcess]:
    """One in a process of its own, which ends with the block."""
    command = [sys.executable, "-m", "benchmarks.replaying_aws", upstream]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        try:
            yield FakeAwsProcess(process.stdout.readline().strip())
        finally:
            process.stdin.close()


def main() -> None:
    """Prints the endpoint, and serves until its standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.replaying_aws", description=__doc__)
    parser.add_argument("endpoint", help="of the moto server that is asked once for each call")
    with ReplayingAws(parser.parse_args().endpoint).running() as aws:
        print(aws.endpoint, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
