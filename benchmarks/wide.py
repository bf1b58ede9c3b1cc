"""Pages of what is large in one way or another, against the AWS call that they wait for."""

import uuid
from collections.abc import Callable
from functools import partial

from benchmarks.bare import DELAY, current_version, make_client
from benchmarks.servers import EDITOR, Servers
from benchmarks.timing import in_turns, ratio
from secrets_ui.aws.session import AwsSessions

PLACE, SECRET = "staging", "miyabi/staging/config"
LINES = 500


def measure(servers: Servers, versions: int, rounds: int) -> dict[str, object]:
    """Page ÷ a bare DescribeSecret, which each of them makes; the endpoint answers after DELAY. Of
    each the AWS calls too."""
    client = make_client(AwsSessions(servers.aws.endpoint), PLACE)
    for number in range(versions):
        client.put_secret_value(
            SecretId=SECRET,
            SecretString="{}",
            ClientRequestToken=f"{number:032d}",
            VersionStages=["BENCH"],
        )
    browser, base = servers.browser, current_version(client, SECRET)
    form = {"base": base, "step": "review", "once": str(uuid.uuid4()), "pasted": _pasted()}
    post = partial(
        browser.post, f"/{PLACE}/import/{SECRET}", form, expect=200, Accept="application/json"
    )
    pages: dict[str, Callable[[], object]] = {
        "history of 1,000 versions": partial(browser.get, f"/{PLACE}/history/{SECRET}"),
        "secret of 1,000 versions": partial(browser.get, f"/{PLACE}/secret/{SECRET}"),
        "import of 500 lines": post,
    }
    bare = {"bare": partial(client.describe_secret, SecretId=SECRET)}
    in_turns(bare | pages, 3)
    calls = {}
    for name, page in pages.items():
        servers.aws.take_calls(EDITOR)
        page()
        calls[name] = servers.aws.take_calls(EDITOR)
    servers.aws.delay(DELAY)
    times = in_turns(bare | pages, rounds)
    servers.aws.delay(0)
    return {name: ratio(times, name, "bare", goal=2) | {"calls": calls[name]} for name in pages}


def _pasted() -> str:
    return "\n".join(f'KEY_{number}="value {number}"' for number in range(LINES))
