"""Lists of ids: one a line, or a JSON list. The user says whether they passed."""

from collections.abc import Iterable

from analytics.sources.rows import UnusableError
from analytics.verdicts import Saying
from analytics.verdicts.account import Account, evidence, ids


def of_ids(listed: Iterable[tuple[int, object]], out: Account, *, passed: bool) -> None:
    """Read ids, each with its line or position."""
    seen: set[str] = set()
    for line, told in listed:
        try:
            clues = ids(told)
        except UnusableError as fault:
            out.reject(line, str(fault), told)
            continue
        if clues[0].text not in seen:
            seen.add(clues[0].text)
            said = evidence("listed as passed" if passed else "listed as failed")
            out.say(Saying(clues=clues, kind="list", passed=passed, line=line, evidence=said))


def lines(text: str) -> Iterable[tuple[int, str]]:
    """Yield the ids of a plain list with their lines; blank lines and # remarks are passed over."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, line
