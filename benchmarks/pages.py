"""The list page's time against the AWS call that it waits for, and against a plain Django page."""

from collections.abc import Callable
from functools import partial

from benchmarks.bare import DELAY, list_first_page, list_named, make_client
from benchmarks.browser import Browser
from benchmarks.servers import Servers
from benchmarks.timing import in_turns, ratio
from secrets_ui.aws.secrets_manager import MOST_NAMES
from secrets_ui.aws.session import AwsSessions
from testkit.estate import make_secrets

PAGES = {"2 secrets": "dev", "1,000 secrets": "prod"}


def measure_against_aws(servers: Servers, rounds: int) -> dict[str, object]:
    """Page ÷ the same ListSecrets made bare. Both wait for an endpoint that answers after DELAY."""
    variants: dict[str, Callable[[], object]] = {}
    sessions = AwsSessions(servers.aws.endpoint)
    for size, environment in PAGES.items():
        client = make_client(sessions, environment)
        variants[f"bare {size}"] = partial(list_first_page, client, environment)
        variants[f"page {size}"] = partial(servers.browser.get, f"/{environment}/")
    in_turns(variants, 5)  # the bare client's connection and credentials
    servers.aws.delay(DELAY)
    times = in_turns(variants, rounds)
    servers.aws.delay(0)
    return {size: ratio(times, f"page {size}", f"bare {size}", goal=1.5) for size in PAGES}


def measure_comparison(servers: Servers, rounds: int) -> dict[str, object]:
    """The comparison of three environments ÷ its slowest ListSecrets, that of prod, made bare."""
    names = sorted(make_secrets(prod=MOST_NAMES))
    shorts = [n.removeprefix("miyabi/prod/") for n in names if n.startswith("miyabi/prod/")]
    client = make_client(AwsSessions(servers.aws.endpoint), "prod")
    variants: dict[str, Callable[[], object]] = {
        "bare": partial(list_named, client, "prod", shorts),
        "page": partial(servers.browser.get, "/compare"),
    }
    in_turns(variants, 5)
    servers.aws.delay(DELAY)
    times = in_turns(variants, rounds)
    servers.aws.delay(0)
    return {"1,000 secrets in prod": ratio(times, "page", "bare", goal=1.5)}


def measure_against_django(servers: Servers, rounds: int) -> dict[str, object]:
    """Page ÷ a Django page with the same template and call alone. The endpoint answers at once."""
    plain = Browser(servers.reference.port, servers.browser.cookies)
    variants: dict[str, Callable[[], object]] = {}
    for size, environment in PAGES.items():
        variants[f"plain {size}"] = partial(plain.get, f"/{environment}/reference")
        variants[f"page {size}"] = partial(servers.browser.get, f"/{environment}/")
    in_turns(variants, 5)
    times = in_turns(variants, rounds)
    plain.close()
    return {size: ratio(times, f"page {size}", f"plain {size}", goal=2) for size in PAGES}
