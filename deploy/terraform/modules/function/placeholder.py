"""Stands for the application until it is deployed: lambda_handler.py in placeholder.zip."""


def handler(event, context):
    return {"statusCode": 503, "body": "The application has not been deployed yet."}
