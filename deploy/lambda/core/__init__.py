"""What Miyabi's Lambda functions share. Standard library only; boto3 is loaded in unusual cases."""
