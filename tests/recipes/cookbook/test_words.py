"""Words in one form, whoever typed them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itcook.recipes.cookbook.words import normalise, stems


@given(st.text(max_size=200))
def test_normalising_twice_is_as_once(text: str) -> None:
    """Whatever the text, in any script."""
    assert normalise(normalise(text)) == normalise(text)


@given(st.text(max_size=200))
def test_case_and_surroundings_do_not_matter(text: str) -> None:
    """Nor do digits, spaces and punctuation around."""
    assert normalise(f"  3.2% ({text}), 500 ") == normalise(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Crème  FRAÎCHE, 30%", "creme fraiche"),
        ("Свёкла (500 г)", "свекла г"),
        ("Зелёный чай", "зеленый чай"),
        ("cow’s milk", "cows milk"),
        ("", ""),
    ],
)
def test_normalising(text: str, expected: str) -> None:
    """Accents go, except the one that makes another letter: й is no и."""
    assert normalise(text) == expected


@pytest.mark.parametrize(
    "forms",
    [
        "tomato tomatoes Tomato's",
        "berry berries",
        "radish radishes",
        "peach peaches",
        "egg eggs",
        "помидор помидоры помидоров помидорами помидору",
        "сметана сметаны сметану сметаной",
        "красный красная красного красными",
        "лимон лимоны лимонов лимоном лимонах",
    ],
)
def test_the_forms_of_a_word_have_one_stem(forms: str) -> None:
    """In English and in Russian."""
    assert len(set(stems(forms))) == 1, stems(forms)


@pytest.mark.parametrize("word", ["asparagus", "couscous", "hummus", "рис", "сыр", "лук"])
def test_what_only_looks_inflected_stays(word: str) -> None:
    """An ending that belongs to the word is no plural."""
    assert stems(word) == (word,)
