"""The actions of the path: what a reader and a writer of a secret call."""

READ, DESCRIBE = "secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"
BATCH = "secretsmanager:BatchGetSecretValue"
"""Allowed on no secret but on `*`; each secret takes READ besides."""
DECRYPT = "kms:Decrypt"
READ_ACTIONS = (READ, DESCRIBE)
WRITE_ACTIONS = ("secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage")
WRITE_KEY_ACTIONS = ("kms:GenerateDataKey", DECRYPT)
