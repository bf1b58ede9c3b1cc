"""What the gateway sends: what was asked for and nothing more."""

import json
from typing import Any

from secrets_ui.aws.secrets_manager import SecretsManagerGateway
from tests.aws.calls import GET, IN_TIME, MOVE, NAME, PUT, VERSION, Call
from tests.aws.fake_aws import Answer, FakeAws, Request, failure


def test_s62_a_put_that_is_retried_carries_the_same_token(
    fake_aws: FakeAws, fake_gateway: SecretsManagerGateway
) -> None:
    answers = iter([failure("InternalServiceError", status=500), Answer(200, '{"VersionId": "v"}')])
    fake_aws.answer = lambda request: next(answers)
    PUT(fake_gateway)
    first, second = fake_aws.of("PutSecretValue")

    assert first.body == second.body
    assert f'"ClientRequestToken": "{VERSION}"' in first.body


def test_a_request_holds_what_was_asked_and_nothing_more(
    fake_aws: FakeAws, fake_gateway: SecretsManagerGateway
) -> None:
    def asked(call: Call) -> dict[str, Any]:
        fake_aws.requests.clear()
        call(fake_gateway)
        return next(json.loads(r.body) for r in fake_aws.requests if r.operation != "AssumeRole")

    fake_aws.answer = answer_anything
    assert asked(PUT) == {
        "SecretId": NAME,
        "ClientRequestToken": VERSION,
        "SecretString": "value",
        "VersionStages": ["label"],
    }
    assert asked(MOVE) == {"SecretId": NAME, "VersionStage": "label", "MoveToVersionId": VERSION}
    assert asked(GET) == {"SecretId": NAME, "VersionId": VERSION}
    assert asked(
        lambda g: g.update_secret_version_stage(
            NAME, "label", remove_from=VERSION, deadline=IN_TIME
        )
    ) == {"SecretId": NAME, "VersionStage": "label", "RemoveFromVersionId": VERSION}
    assert asked(lambda g: g.list_secrets()) == {
        "IncludePlannedDeletion": True,
        "MaxResults": 100,
        "Filters": [{"Key": "name", "Values": ["miyabi/dev/"]}],
    }


def answer_anything(request: Request) -> Answer:
    return Answer(
        200,
        json.dumps(
            {
                "ARN": "arn",
                "Name": NAME,
                "VersionId": VERSION,
                "SecretString": "x",
                "SecretList": [],
            }
        ),
    )


def test_s42_what_aws_lists_outside_the_prefix_is_left_out(
    fake_aws: FakeAws, fake_gateway: SecretsManagerGateway
) -> None:
    names = ["miyabi/dev/a", "miyabi/developers/a", "Miyabi/dev/a", "x/miyabi/dev/a"]
    fake_aws.answer = lambda request: Answer(
        200, json.dumps({"SecretList": [{"ARN": "arn", "Name": name} for name in names]})
    )
    assert [secret.name for secret in fake_gateway.list_secrets().value.secrets] == ["miyabi/dev/a"]
