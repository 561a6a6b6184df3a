"""R28: a link in an event leads to the public address, or goes nowhere."""

import pytest

from services.notifier.domain.links import is_ours

PUBLIC = "https://dichvucong.lamgiang.example/y-kien"


@pytest.mark.parametrize("link", [f"{PUBLIC}/AAAAAAAAAAAAAAAAAAAAAA", f"{PUBLIC}/a_b-C9", f"{PUBLIC}/a/b"])
def test_a_name_under_the_public_address_is_ours(link: str) -> None:
    """R28."""
    assert is_ours(link, PUBLIC)


@pytest.mark.parametrize(
    "link",
    [
        "",
        PUBLIC,
        f"{PUBLIC}/",
        "https://dichvucong-lamgiang.example/y-kien/AAAA",
        "https://dichvucong.lamgiang.example.evil.test/y-kien/AAAA",
        "https://dichvucong.lamgiang.example/y-kienx/AAAA",
        "https://dichvucong.lamgiang.example/khac/AAAA",
        "https://dichvucong.lamgiang.example@evil.test/y-kien/AAAA",
        "https://evil.test/https://dichvucong.lamgiang.example/y-kien/AAAA",
        "http://dichvucong.lamgiang.example/y-kien/AAAA",
        "HTTPS://dichvucong.lamgiang.example/y-kien/AAAA",
        "https://dichvucong.lamgiang.example:8443/y-kien/AAAA",
        "//dichvucong.lamgiang.example/y-kien/AAAA",
        "javascript:alert(1)",
        f"{PUBLIC}/../khac",
        f"{PUBLIC}/%2e%2e/khac",
        f"{PUBLIC}/a/",
        f"{PUBLIC}//a",
        f"{PUBLIC}\\@evil.test/a",
        f"{PUBLIC}/a?next=https://evil.test",
        f"{PUBLIC}/a#https://evil.test",
        f"{PUBLIC}/a https://evil.test",
        f"{PUBLIC}/a\nhttps://evil.test",
        f"{PUBLIC}/a\u200b",
        f"{PUBLIC}/\uff41",
        f" {PUBLIC}/a",
    ],
)
def test_any_other_link_is_not(link: str) -> None:
    """R28."""
    assert not is_ours(link, PUBLIC)
