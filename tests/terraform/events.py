"""CloudTrail events about secrets and keys: made up, and reduced to what filters read."""

from typing import Any

Event = dict[str, Any]
ROLE = "arn:aws:sts::111111111111:assumed-role/miyabi-lambda-execution/miyabi-app"
ISSUER = "arn:aws:iam::111111111111:role/miyabi-lambda-execution"


def read(
    secret: str, *, code: str = "", message: str = "", tells_what: bool = True, role: str = ISSUER
) -> Event:
    """GetSecretValue. `tells_what` False: requestParameters is null, as in many refusals."""
    asked = {"secretId": secret} if tells_what else None
    event = _event("secretsmanager", "GetSecretValue", asked, code, message)
    event["userIdentity"]["sessionContext"] = {"sessionIssuer": {"type": "Role", "arn": role}}
    return event


def assumed(role: str) -> Event:
    asked = {"roleArn": role, "roleSessionName": "hana"}
    return _event("sts", "AssumeRole", asked, "", "")


def refused(secret_arn: str, *, tells_what: bool = False) -> Event:
    message = (
        f"User: {ROLE} is not authorized to perform: secretsmanager:GetSecretValue "
        f"on resource: {secret_arn} "
        "because no identity-based policy allows the secretsmanager:GetSecretValue action"
    )
    return read(secret_arn, code="AccessDenied", message=message, tells_what=tells_what)


def deleted(secret: str) -> Event:
    message = "You can't perform this operation on the secret because it was marked for deletion."
    return read(secret, code="InvalidRequestException", message=message)


def decrypted(key_arn: str, *, code: str = "", message: str = "", names_key: bool = True) -> Event:
    event = _event("kms", "Decrypt", {"encryptionAlgorithm": "SYMMETRIC_DEFAULT"}, code, message)
    return event | {"resources": [{"ARN": key_arn, "type": "AWS::KMS::Key"}] if names_key else None}


def written(secret: str) -> Event:
    return _event("secretsmanager", "PutSecretValue", {"secretId": secret}, "", "")


def _event(service: str, name: str, asked: Event | None, code: str, message: str) -> Event:
    event: Event = {
        "eventVersion": "1.08",
        "userIdentity": {"type": "AssumedRole", "arn": ROLE},
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-west-2",
        "requestParameters": asked,
    }
    return event | ({"errorCode": code, "errorMessage": message} if code else {})
