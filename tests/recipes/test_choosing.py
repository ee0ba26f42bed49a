"""Which settings name a language model, and which cannot be right."""

from typing import Any

import pytest

from itcook.settings import SettingsError, read_settings

URL = "http://127.0.0.1:11434/v1"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"llm_base_url": URL}, "ITCOOK_LLM_BASE_URL and ITCOOK_LLM_MODEL belong together"),
        ({"llm_model": "m"}, "ITCOOK_LLM_BASE_URL and ITCOOK_LLM_MODEL belong together"),
        ({"llm_api_key": "k"}, "ITCOOK_LLM_API_KEY needs"),
        ({"llm_base_url": "api.openai.com", "llm_model": "m"}, "ITCOOK_LLM_BASE_URL must be SCHEME"),
        ({"llm_base_url": "ftp://a.example", "llm_model": "m"}, "ITCOOK_LLM_BASE_URL must be SCHEME"),
        ({"llm_base_url": "http://a.example:99999", "llm_model": "m"}, "ITCOOK_LLM_BASE_URL"),
        ({"llm_base_url": "http://u:secret@a.example", "llm_model": "m"}, "must have no user"),
        ({"llm_base_url": f"{URL}?key=secret", "llm_model": "m"}, "must have no user, query"),
        ({"llm_base_url": URL, "llm_model": "m", "llm_api_key": "secret\n"}, "ITCOOK_LLM_API_KEY must be"),
        ({"recipes_per_day": -1}, "ITCOOK_RECIPES_PER_DAY"),
    ],
)
def test_what_cannot_be_right_is_one_line(given: dict[str, Any], message: str) -> None:
    """It names the setting and never its secret."""
    with pytest.raises(SettingsError) as refused:
        read_settings(_env_file=None, **given)
    text = str(refused.value)
    assert message in text
    assert "\n" not in text
    assert "secret" not in text


def test_a_key_is_never_shown() -> None:
    """A model on one's own machine needs none; one that is given does not print."""
    settings = read_settings(_env_file=None, llm_base_url=URL, llm_model="m")
    assert settings.llm_api_key is None
    settings = read_settings(_env_file=None, llm_base_url=URL, llm_model="m", llm_api_key="sk-secret")
    assert "sk-secret" not in repr(settings)
