"""ARN patterns: in Resource elements, and under the Arn condition operators, which differ.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from .glob import Pattern, Wild, compile_glob, has_wildcard
from .truth import Truth

FIELDS = 6
"""arn:partition:service:region:account:resource"""


@dataclass(frozen=True, slots=True)
class Arn:
    """An ARN, split once."""

    text: str
    segments: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "Arn":
        return cls(text, tuple(text.split(":")))


@dataclass(frozen=True)
class ResourcePattern:
    """One value of a Resource element. It is compiled at the first match, since most patterns of an
    account are about other services, and none of them is ever asked.
    """

    pattern: Pattern
    when_covered: Truth = True
    """The outcome of a match: None where AWS's pages contradict each other."""

    @cached_property
    def covers(self) -> Callable[[str], object]:
        return compile_glob(self.pattern)

    @cached_property
    def segments(self) -> tuple[Pattern, ...]:
        return split_at_colons(self.pattern)

    @cached_property
    def has_inner_wildcard(self) -> bool:
        """Whether a wildcard stands anywhere except at the end of a segment."""
        return any(map(_has_inner_wildcard, self.segments))

    def matches(self, requested: Arn) -> Truth:
        """Whether the pattern covers an ARN.

        A `*` at the end of a segment "can expand to match beyond the colon boundaries". AWS's pages
        disagree on whether a `*` elsewhere, or a `?`, may match a colon: None when the answer
        depends on that.
        """
        # Most patterns differ in how they begin, and need no regular expression to be told apart.
        head = self.pattern[0] if self.pattern else ""
        if isinstance(head, str) and not requested.text.startswith(head):
            return False
        if not self.covers(requested.text):
            return False
        if not self.has_inner_wildcard or len(self.segments) == len(requested.segments):
            return self.when_covered
        return self.when_covered if _match_by_segment(self.segments, requested.segments) else None


@lru_cache(maxsize=1024)
def compile_resource(pattern: Pattern) -> ResourcePattern:
    return ResourcePattern(pattern)


def split_at_colons(pattern: Pattern, limit: int = 0) -> tuple[Pattern, ...]:
    """Split a pattern into segments: at most `limit` of them, when given."""
    segments: list[list[str | Wild]] = [[]]
    for part in pattern:
        if isinstance(part, Wild) or limit == len(segments):
            segments[-1].append(part)
            continue
        first, *others = part.split(":", limit - len(segments) if limit else -1)
        segments[-1].append(first)
        segments.extend([text] for text in others)
    return tuple(tuple(part for part in segment if part) for segment in segments)


def _has_inner_wildcard(segment: Pattern) -> bool:
    return has_wildcard(segment[:-1]) or segment[-1:] == (Wild.ONE,)


def _match_by_segment(segments: tuple[Pattern, ...], texts: tuple[str, ...]) -> bool:
    """Whether the segments match when only a `*` at a segment's end may cover further segments."""
    reached = {0}
    for segment in segments:
        covers = compile_glob(segment)
        hits = [at for at in reached if at < len(texts) and covers(texts[at])]
        spans_colons = segment[-1:] == (Wild.ANY,)
        reached = {
            end
            for at in hits
            for end in (range(at + 1, len(texts) + 1) if spans_colons else (at + 1,))
        }
    return len(texts) in reached


def match_arn_condition(pattern: Pattern, actual: str) -> Truth:
    """Match under ArnLike or ArnEquals, which behave alike: each of six components on its own.

    AWS does not document what a pattern with fewer components covers: None where it might match.
    """
    wanted = split_at_colons(pattern, FIELDS)
    if len(wanted) < FIELDS:
        return None if compile_glob(pattern)(actual) else False
    found = actual.split(":", FIELDS - 1)
    if len(found) < FIELDS:
        return False
    return all(compile_glob(part)(text) for part, text in zip(wanted, found, strict=True))
