"""The static files of the console, looked at once for each process of tests."""

from typing import Any

from whitenoise.middleware import WhiteNoiseMiddleware

_look = WhiteNoiseMiddleware.add_files_from_finders
_found: dict[str, Any] = {}


def look_once() -> None:
    """Each test client loads the middleware anew, and WhiteNoise then looks at every static file:
    4 ms of the processor, as much as a small page.
    """

    def add_files_from_finders(self: WhiteNoiseMiddleware) -> None:
        if not _found:
            _look(self)
            _found.update(self.files)
        self.files.update(_found)

    WhiteNoiseMiddleware.add_files_from_finders = add_files_from_finders
