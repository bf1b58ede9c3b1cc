"""What /metrics tells of requests and AWS calls: never a path, and few series whatever is asked."""

from typing import Any

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

TOKEN = {"Authorization": f"Bearer {'t' * 40}"}
COUNT = "miyabi_request_duration_seconds_count"
Requests = dict[tuple[str, str, str], float]


@pytest.fixture
def token(settings: Any, db: None) -> None:
    settings.METRICS_TOKEN = "t" * 40


def requests_of(client: Client) -> Requests:
    """How many were counted by route, method and status."""
    lines = client.get("/metrics", headers=TOKEN).content.decode().splitlines(keepends=True)
    # Of all that the tests before have left, which takes a second to read, these lines alone.
    counts = [line for line in lines if line.startswith(f"{COUNT}{{")]
    return {
        (sample.labels["route"], sample.labels["method"], sample.labels["status"]): sample.value
        for family in text_string_to_metric_families("".join(counts))
        for sample in family.samples
    }


def added(client: Client, ask: Any) -> Requests:
    """What `ask` added, without the request that told of it."""
    requests_of(client)
    before = requests_of(client)
    ask()
    after = requests_of(client)
    after["metrics", "GET", "2xx"] -= 1
    return {key: after[key] - before.get(key, 0) for key in after if after[key] != before.get(key)}


@pytest.mark.slow
def test_a_request_counts_by_its_route_and_how_it_ended(token: None, client: Client) -> None:
    def ask() -> None:
        client.get("/prod/secret/miyabi/prod/api-keys")
        client.get("/dev/secret/miyabi/dev/config")
        client.get("/metrics")

    assert added(client, ask) == {("secret", "GET", "3xx"): 2, ("metrics", "GET", "4xx"): 1}


@pytest.mark.slow
def test_s16_no_path_and_no_method_of_anybody_s_choosing_is_a_label(
    token: None, client: Client
) -> None:
    def ask() -> None:
        for path in ("/wp-login.php", "/livez", "/no/such/page"):
            client.get(path)
        client.generic("BREW", "/livez")

    counted = added(client, ask)
    assert {(route, method) for route, method, _ in counted} == {("none", "GET"), ("none", "other")}
    assert sum(counted.values()) == 4
