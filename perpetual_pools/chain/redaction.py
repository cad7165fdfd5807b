"""A node's URL holds the key of whoever pays for it. Of URLs, what is printed has no more than scheme and host."""

from __future__ import annotations

import os
import re

HIDDEN = "[hidden]"
KEY_LENGTH = 16
"""Characters, at least, of what is taken for a key wherever it stands. Words like `arbitrum` are shorter."""
_URL = re.compile(r"""((?:https?|wss?)://)([^\s/?#@'"]+@)?([^\s/?#'"<>()]+)([/?#][^\s'"<>()]+)?""")
_PATH = re.compile(r"(\burl: )/\S+")
"""As urllib3 tells which request failed."""
_NODE = os.environ.get("WEB3_PROVIDER_URI", "")
"""Read before Ape, which removes it where it is another chain's."""


def redacted(text: object, node: str = _NODE) -> str:
    """The text without paths, queries and passwords of URLs, and without what looks like a key in the URL of the node."""
    written = _PATH.sub(rf"\1{HIDDEN}", _URL.sub(_scheme_and_host, str(text)))
    _, _, after_host = node.partition("://")[2].partition("/")
    for part in re.split(r"[/?&=#]", after_host):
        if len(part) >= KEY_LENGTH:
            written = written.replace(part, HIDDEN)
    return written


def _scheme_and_host(url: re.Match[str]) -> str:
    scheme, password, host, path = url.groups()
    return f"{scheme}{f'{HIDDEN}@' if password else ''}{host}{f'/{HIDDEN}' if path else ''}"
