"""What the Lambda functions of Miyabi share. The standard library alone; boto3 is loaded where something is unusual."""
