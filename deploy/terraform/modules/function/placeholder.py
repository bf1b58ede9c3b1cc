"""Stands for the application until it is deployed. placeholder.zip holds it as lambda_handler.py."""


def handler(event, context):
    return {"statusCode": 503, "body": "The application has not been deployed yet."}
