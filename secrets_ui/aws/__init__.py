"""The only room that knows boto3, its exceptions included."""
