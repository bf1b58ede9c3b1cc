"""Every URL of the console, by walking the resolver."""

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver, reverse

ARGUMENTS = {
    "environment": "dev",
    "name": "miyabi/dev/config",
    "sequence": 1,
    "form": "csv",
    "number": 1,
    "grant": 1,
    "token": "x",
}


# Routes that take a form, or an answer of the provider, and show no page to a GET.
POST_ALONE = {
    "reveal",
    "older_reads",
    "emergency",
    "look_at",
    "look_again",
    "put_on_top",
    "try",
    "give_role",
    "take_role",
    "switch_account",
    "answer_request",
    "renew_link",
    "status_run",
    "acknowledge",
    "acknowledge_around",
    "sso_sign_in",
    "sso_step_up",
    "sso_callback",
    "second_step",
    "recovery_codes",
    "remove_factor",
    "end_session",
    "make_calendar",
    "end_calendar",
    "stay",
}


def every_url(**arguments: object) -> Iterator[tuple[str, str]]:
    """The name of each URL, and its path with the given arguments, or else with those above."""
    for pattern in _patterns(get_resolver()):
        wanted = {
            name: {**ARGUMENTS, **arguments}[name] for name in pattern.pattern.regex.groupindex
        }
        yield str(pattern.name), reverse(str(pattern.name), kwargs=wanted)


def _patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _patterns(entry)
        else:
            yield entry
