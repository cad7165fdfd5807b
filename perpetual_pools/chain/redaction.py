"""Redaction of secrets: the URL of a node often contains an API key, so printed URLs keep only their scheme and host."""

from __future__ import annotations

import os
import re

HIDDEN = "[hidden]"
KEY_LENGTH = 16
"""The least length of a part of the node's URL that counts as a key. Words like `arbitrum` are shorter."""
_URL = re.compile(r"""((?:https?|wss?)://)([^\s/?#@'"]+@)?([^\s/?#'"<>()]+)([/?#][^\s'"<>()]+)?""")
_PATH = re.compile(r"(\burl: )/\S+")
"""The way in which urllib3 names the request that failed."""
_NODE = os.environ.get("WEB3_PROVIDER_URI", "")
"""The node's URL. It is read before Ape loads, because Ape removes the variable if it belongs to another chain."""


def redacted(text: object, node: str = _NODE) -> str:
    """Return the text without the paths, queries and passwords of URLs, and without any key from the node's URL."""
    written = _PATH.sub(rf"\1{HIDDEN}", _URL.sub(_scheme_and_host, str(text)))
    _, _, after_host = node.partition("://")[2].partition("/")
    for part in re.split(r"[/?&=#]", after_host):
        if len(part) >= KEY_LENGTH:
            written = written.replace(part, HIDDEN)
    return written


def _scheme_and_host(url: re.Match[str]) -> str:
    scheme, password, host, path = url.groups()
    return f"{scheme}{f'{HIDDEN}@' if password else ''}{host}{f'/{HIDDEN}' if path else ''}"
