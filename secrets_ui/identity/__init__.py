"""Who a person is: second factors and the way to the identity provider.

The only room that knows allauth.
"""
