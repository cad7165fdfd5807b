"""What is left of a node's URL in what is printed."""

import pytest

from perpetual_pools.chain.redaction import redacted

KEY = "k3yThatNobodyMaySee"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"401: https://node.io/v2/{KEY}", "401: https://node.io/[hidden]"),
        (f"for url: https://node.io/v2/{KEY}: trying again", "for url: https://node.io/[hidden] trying again"),
        (f"('wss://node.io:8546/?key={KEY}')", "('wss://node.io:8546/[hidden]')"),
        (f"https://me:{KEY}@node.io", "https://[hidden]@node.io"),
        (
            f"Max retries exceeded with url: /v2/{KEY} (Caused by x)",
            "Max retries exceeded with url: [hidden] (Caused by x)",
        ),
        (f"invalid key {KEY}", "invalid key [hidden]"),
        ("No node at 'http://127.0.0.1:8545'. Start one", "No node at 'http://127.0.0.1:8545'. Start one"),
        ("http://127.0.0.1:8545/ is arbitrum, v2", "http://127.0.0.1:8545/ is arbitrum, v2"),
    ],
)
def test_redacted__url_or_key__keeps_scheme_and_host(text: str, left: str) -> None:
    assert redacted(text, node=f"https://node.io/arbitrum/v2/{KEY}") == left


def test_redacted__no_node_is_known__urls_are_cut_all_the_same() -> None:
    assert redacted(ValueError(f"http://node.io/{KEY}"), node="") == "http://node.io/[hidden]"
