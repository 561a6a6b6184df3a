"""What a service keeps in a document never lies where the store keeps something of its own."""

import pytest

from services.stored import Codec


@pytest.mark.parametrize("name", ["rev", "by", "outbox"])
def test_a_field_of_the_store_itself_is_nobodys_name(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Codec.whole(lambda document: document, lambda thing: thing, ("number", name))
