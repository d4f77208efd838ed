"""Judge a text by itself, without a person: named reasons, and a score that decides whether a person must look.

Each sign has a weight; from `NEEDS_A_PERSON` on a review waits for a moderator whatever the settings allow.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

NEEDS_A_PERSON = 20
NEW_ACCOUNT = timedelta(days=3)
MANY_AT_ONCE = 3
SHOUTED_SHARE = 0.6
SHOUTED_LETTERS = 20

WEIGHTS = {
    "stop_word": 60,
    "refused_before": 60,
    "duplicate": 50,
    "link": 40,
    "too_fast": 30,
    "shouting": 20,
    "new_account": 10,
}

# Beginnings of words, lower case, ё written as е; Russian prefixes stand in PREFIXES.
STOP_ROOTS = (
    *("хуй", "хуе", "хуя", "пизд", "бляд", "блят", "ебан", "ебат", "ебал", "ебуч", "еблан", "муда", "мудо", "гандон"),
    *("шлюх", "дерьм", "говн", "сволоч", "тварь", "твари", "дебил", "казино", "букмекер"),
    *("fuck", "shit", "cunt", "bitch", "asshole", "bastard", "wanker", "casino", "viagra"),
)
PREFIXES = ("за", "на", "по", "от", "до", "вы", "у", "об", "объ", "ни", "не", "про", "раз", "рас", "с", "mother")
# Words that only begin like a stop word.
INNOCENT = ("мудр", "сшит", "shitake", "shiitake")
# Latin letters that pass for Cyrillic ones.
LOOKALIKES = str.maketrans("aceopxyk", "асеорхук")

WORD = re.compile(r"[^\W\d_]+")
LINK = re.compile(
    r"(?:https?://|www\.|t\.me/|wa\.me/)\S+"
    r"|\b[\w.+-]+@[\w-]+\.[a-z]{2,}\b"
    r"|(?<![\w.])(?:[a-zа-я0-9-]{2,}\.)+(?:ru|com|net|org|io|рф|su|biz|info|me)\b"
    r"|(?<!\w)@[a-z]\w{4,}"
    r"|(?:\+7|\b8)[\s(-]*\d{3}[\s)-]*\d{3}[\s-]*\d{2}[\s-]*\d{2}\b",
    re.IGNORECASE,
)
EXCLAMATIONS = re.compile(r"[!?]{4,}")


@dataclass(frozen=True, kw_only=True)
class Signs:
    """What is known around the text: is it a copy, has a moderator refused what the author said about the event before,
    how old is the account, how much did it write just now."""

    is_duplicate: bool = False
    was_refused: bool = False
    account_age: timedelta = timedelta(days=365)
    written_lately: int = 0


@dataclass(frozen=True)
class Verdict:
    """The named reasons, heaviest first."""

    reasons: tuple[str, ...]

    @property
    def score(self) -> int:
        return sum(WEIGHTS[reason] for reason in self.reasons)

    @property
    def is_clean(self) -> bool:
        return self.score < NEEDS_A_PERSON


def check_text(*, text: str, signs: Signs) -> Verdict:
    """Return what speaks against the text.

    A mild sign alone (a new account) leaves it clean; everything else wants a person.
    """
    return Verdict(tuple(sorted(_found(text, signs), key=lambda reason: -WEIGHTS[reason])))


def digest_of(text: str) -> str:
    """Return the same 64 hex digits for texts that differ in case, spaces and signs only."""
    return hashlib.sha256(" ".join(_words(text)).encode()).hexdigest()


def _found(text: str, signs: Signs) -> Iterator[str]:
    if any(_is_stop_word(word) for word in _words(text)):
        yield "stop_word"
    if LINK.search(text):
        yield "link"
    if _shouts(text):
        yield "shouting"
    if signs.is_duplicate:
        yield "duplicate"
    if signs.was_refused:
        yield "refused_before"
    if signs.account_age < NEW_ACCOUNT:
        yield "new_account"
    if signs.written_lately >= MANY_AT_ONCE:
        yield "too_fast"


def _words(text: str) -> list[str]:
    return WORD.findall(text.casefold().replace("ё", "е"))


def _is_stop_word(word: str) -> bool:
    return any(_begins_badly(form) for form in {word, word.translate(LOOKALIKES)})


def _begins_badly(word: str) -> bool:
    if word.startswith(INNOCENT):
        return False
    stems = [word, *(word.removeprefix(prefix) for prefix in PREFIXES if word.startswith(prefix))]
    return any(stem.startswith(STOP_ROOTS) for stem in stems)


def _shouts(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    loud = sum(letter.isupper() for letter in letters)
    too_loud = len(letters) >= SHOUTED_LETTERS and loud / len(letters) > SHOUTED_SHARE
    return too_loud or EXCLAMATIONS.search(text) is not None
