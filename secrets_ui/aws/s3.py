"""S3's gateway: small objects that nobody may delete, and the names of those that are there."""

from ..domain.access.evidence import Known
from .base import Gateway


class S3Gateway(Gateway):
    service = "s3"
    # IAM calls the right to list a bucket's objects ListBucket.
    commands = {"ListBucket": "ls {}", "PutObject": "ls {}"}

    def list_objects_v2(self, bucket: str, prefix: str) -> Known[tuple[str, ...]]:
        """The names of all objects that start with `prefix`, in their order."""
        call = self.describe_call("ListBucket", f"s3://{bucket}/{prefix}")
        with self.asking(call):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=bucket, Prefix=prefix
            )
            names = tuple(found["Key"] for page in pages for found in page.get("Contents", ()))
            return Known(names, call)

    def put_object(self, bucket: str, name: str, content: bytes) -> Known[str]:
        """Adds an object, or a version of it; answers with its ETag."""
        call = self.describe_call("PutObject", f"s3://{bucket}/{name}")
        with self.asking(call):
            answer = self._client.put_object(Bucket=bucket, Key=name, Body=content)
            return Known(str(answer["ETag"]), call)
