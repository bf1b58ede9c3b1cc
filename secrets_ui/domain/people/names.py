"""What people may be called here: whatever identity providers call them.

Pages, logs and exports escape a name, and AWS gets it as `actor.session_name` writes it.
"""

import re
import unicodedata

from .actor import CONSOLE

LONGEST = 150  # characters; as the audit log's column
# Names that the audit log uses itself.
RESERVED = {CONSOLE.name, "unknown"}
# No provider has them in a name, and chat channels take them as markup.
_MARKUP = frozenset("<>")


def tidy_name(text: str) -> str:
    """A name in the one spelling of what looks alike: NFKC, and one plain blank for several.

    NFKC is Unicode's compatibility composition, by which Django keeps names as well: a full-width
    "ｃｏｎｓｏｌｅ" becomes "console", and the blank of Japanese names an ordinary one.
    """
    return re.sub(" +", " ", unicodedata.normalize("NFKC", text)).strip()


def is_usable_name(name: str) -> bool:
    """Whether a person may be called so; expects a tidy name.

    Letters of every script, digits, blanks and signs: `o'brien@…`, `r&d@…`, `DOMAIN\\user`. Not
    what cannot be seen (controls, zero-width and direction marks), and no name of the console's.
    """
    return (
        0 < len(name) <= LONGEST
        and name.isprintable()
        and _MARKUP.isdisjoint(name)
        and name.casefold() not in RESERVED
    )
