"""Words that errors, pages and answers share."""

CONFIRM_IDENTITY = "Confirm your identity"
TYPING_KEPT = "Nothing was done. What you typed is still in this page."


def capitalized(text: str) -> str:
    """With a capital first, the rest as it is: what begins a sentence. The name of a call, such as
    s3:GetObject, stays as AWS spells it."""
    is_name = ":" in text.partition(" ")[0][:-1]
    return text if is_name else text[:1].upper() + text[1:]


def plural(number: int, one: str, many: str = "") -> str:
    """`1 key`, `2 keys`; `many` is for what takes more than an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def calls_in_words(made: int, failed: int) -> str:
    """How many calls AWS was asked, and how many of them it refused or did not answer."""
    calls = f"{made} AWS call{'' if made == 1 else 's'}"
    if not failed:
        return calls
    if failed == made:
        return f"{calls}, {'which' if made == 1 else 'all of which'} failed"
    return f"{calls}, {failed} of which failed"
