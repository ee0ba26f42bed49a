"""Words as people write them, brought into one form: `Fresh TOMATOES, 500g` and `tomato` agree.

English and Russian. A stem is no dictionary's: it only has to be the same for the forms of one word.
"""

import re
import unicodedata
from functools import lru_cache

_LETTERS = re.compile(r"[^\W\d_]+")
_APOSTROPHES = re.compile("['’ʼ`]")  # as typed: cow's
_BREVE = "\u0306"  # the one mark that makes another letter: и and й
_ENGLISH = (("sses", "ss"), ("shes", "sh"), ("ches", "ch"), ("xes", "x"), ("ies", "y"), ("oes", "o"))
_NO_PLURAL = ("ss", "us", "is")
_MIN_STEM = 3
# Inflections of nouns and adjectives; the leftmost match is the longest, and leaves three letters at least.
_RUSSIAN = re.compile(
    r"(?<=\w{3})(?:[ыи]ми|[ое]го|[ое]му|[ая]ми|ая|яя|ое|ее|[ыи][ейхм]|[ое]й|ую|юю|[ое]ю|[ая][хм]|[ое][вм]"
    r"|[аяоеыиуюьй])$"
)


def normalise(text: str) -> str:
    """The words of `text` in lower case, without accents, digits and punctuation, a space between two."""
    return " ".join(_LETTERS.findall(_APOSTROPHES.sub("", _plain(text))))


def stems(text: str) -> tuple[str, ...]:
    """The stem of each word of `text`; single letters, such as units, are left out."""
    return tuple(stem(word) for word in normalise(text).split() if len(word) > 1)


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """What the forms of a normalised word have in common."""
    return _russian(word) if "а" <= word[0] <= "я" else _english(word)


def _plain(text: str) -> str:
    # Twice, because taking characters apart brings capitals to light: ™ is TM.
    for _ in range(2):
        text = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in text if char == _BREVE or not unicodedata.combining(char))
    return unicodedata.normalize("NFC", bare)


def _english(word: str) -> str:
    for plural, singular in _ENGLISH:
        if word.endswith(plural) and len(word) - len(plural) >= _MIN_STEM - 1:
            return word.removesuffix(plural) + singular
    if word.endswith("s") and not word.endswith(_NO_PLURAL) and len(word) > _MIN_STEM:
        return word[:-1]
    return word


def _russian(word: str) -> str:
    return _RUSSIAN.sub("", word)
