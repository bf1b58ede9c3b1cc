"""The pages of reads and cost: what they ask, what they show, and that not knowing is an answer."""

import threading
from collections import Counter
from typing import Any

import pytest

from deploy.demo.metrics import fill_metrics
from testkit.recording_aws import RecordingAws
from tests.conftest import Estate, SignedIn, Watched
from tests.views.reading import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def filled(watched: Watched) -> tuple[Estate, RecordingAws]:
    estate, aws = watched(only=("dev", "staging"))
    fill_metrics(estate.endpoint, [estate.environments["staging"]])
    return estate, aws


def test_it_works(filled: tuple[Estate, RecordingAws], signed_in: SignedIn) -> None:
    answer = signed_in("viewer").get("/staging/usage")
    page = text_of(answer)
    assert answer.status_code == 200
    assert "1 alarm is in alarm. In 30 days: " in page
    assert "miyabi-staging-failed-reads" in page
    assert page.count('<rect class="bar') == 90
    assert page.count('<th scope="row">') == 30
    assert "$0.80" in page
    assert answer.context["cost"].is_known


def test_it_asks_cloudwatch_twice_and_reads_no_value(
    filled: tuple[Estate, RecordingAws], signed_in: SignedIn
) -> None:
    _, aws = filled
    assert signed_in("viewer").get("/staging/usage").status_code == 200
    asked = Counter(call.operation for call in aws.received if call.operation != "AssumeRole")
    assert asked == {"GetMetricData": 1, "DescribeAlarms": 1, "ListSecrets": 1}


def test_the_cost_of_all_asks_for_no_alarms(
    filled: tuple[Estate, RecordingAws], signed_in: SignedIn
) -> None:
    _, aws = filled
    answer = signed_in("viewer", "dev", "staging").get("/cost")
    asked = Counter(call.operation for call in aws.received if call.operation != "AssumeRole")
    assert asked == {"GetMetricData": 2, "ListSecrets": 2}
    assert [entry.environment.name for entry in answer.context["estimate"].environments] == [
        "dev",
        "staging",
    ]


def test_an_account_without_a_data_point_is_not_known_and_never_zero(
    watched: Watched, signed_in: SignedIn
) -> None:
    estate, _ = watched(only=("dev",))
    estate["dev"].clients.cloudwatch.delete_alarms(AlarmNames=["miyabi-dev-function-errors"])
    page = text_of(signed_in("viewer").get("/dev/usage"))
    assert "CloudWatch has no data point of the last 30 days." in page
    assert page.count("No data point in 30 days") == 3
    assert "No alarm here has a name that starts with" in page
    assert '<td data-label="So far" class="num"><span class="dim">not known</span></td>' in page
    assert "at least $" in page


@pytest.mark.parametrize(
    ("operation", "permission"),
    [
        ("GetMetricData", "cloudwatch:GetMetricData"),
        ("DescribeAlarms", "cloudwatch:DescribeAlarms"),
        ("ListSecrets", "secretsmanager:ListSecrets"),
    ],
)
def test_a_missing_permission_is_named_and_the_rest_is_shown(
    filled: tuple[Estate, RecordingAws], signed_in: SignedIn, operation: str, permission: str
) -> None:
    _, aws = filled
    aws.break_call(operation, "AccessDeniedException", "User is not authorized")
    answer = signed_in("viewer").get("/staging/usage")
    page = text_of(answer)
    assert answer.status_code == 200
    assert permission in page
    assert ("1 alarm is in alarm" in page) is (operation == "ListSecrets")
    assert answer.context["cost"].is_known is (operation == "DescribeAlarms")


def test_with_aws_away_the_page_says_so_and_keeps_its_shape(
    watched: Watched, signed_in: SignedIn, settings: Any
) -> None:
    watched(only=("dev",))
    settings.LOCAL_AWS_ENDPOINT = "http://127.0.0.1:9"  # nobody listens there
    client = signed_in("viewer")
    for path in ("/dev/usage", "/cost"):
        answer = client.get(path)
        page = text_of(answer)
        assert answer.status_code == 200
        assert "not known" in page
        assert "$0.00" not in page


def test_environments_are_asked_side_by_side(
    watched: Watched, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, aws = watched()
    client = signed_in("viewer")
    client.get("/cost")  # roles assumed, clients made
    together, pass_on = threading.Barrier(6), aws.pass_on

    def hold(headers: dict[str, str], body: bytes) -> Any:
        together.wait(timeout=4)  # the third environment's second question lets all of them go
        return pass_on(headers, body)

    monkeypatch.setattr(aws, "pass_on", hold)
    assert client.get("/cost").context["estimate"].environments[2].cost.figures[0].is_known
    assert not together.broken


def put_alarm(estate: Estate, name: str) -> None:
    estate["dev"].clients.cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="N",
        MetricName="<b>m</b>",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )


def test_the_chart_says_how_many_alarms_it_has_no_room_for(
    watched: Watched, signed_in: SignedIn
) -> None:
    estate, _ = watched(only=("dev",))
    viewer = signed_in("viewer")
    assert "listed under Alarms" not in text_of(viewer.get("/dev/usage"))
    for number in range(7):
        put_alarm(estate, f"miyabi-dev-{number}")
    assert "2 more alarms are listed under Alarms." in text_of(viewer.get("/dev/usage"))


def test_a_name_with_markup_is_inert(watched: Watched, signed_in: SignedIn) -> None:
    estate, _ = watched(only=("dev",))
    put_alarm(estate, "miyabi-<script>alert(1)</script>")
    page = text_of(signed_in("viewer").get("/dev/usage"))
    assert "miyabi-&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<b>m</b>" not in page
    assert "style=" not in page


def test_the_list_leads_here_and_the_switch_between_environments_stays_here(
    estate: Estate, signed_in: SignedIn
) -> None:
    client = signed_in("viewer")
    assert 'href="/dev/usage"' in text_of(client.get("/dev/"))
    assert 'href="/prod/usage"' in text_of(client.get("/dev/usage"))


def test_nothing_is_posted(signed_in: SignedIn, estate: Estate) -> None:
    client = signed_in("viewer")
    assert {client.post(path).status_code for path in ("/dev/usage", "/cost")} == {405}
