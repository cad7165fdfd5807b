"""What makes Ape twice as quick in tests: cheap requests to local nodes, and settings that are not read again and again."""

import http.client
import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

from ape.api import PluginConfig
from pydantic import BaseModel
from requests.exceptions import ConnectionError as NoConnection
from web3._utils.http_session_manager import HTTPSessionManager

_of_thread = threading.local()
_ask = HTTPSessionManager.make_post_request


@contextmanager
def quick_ape() -> Iterator[None]:
    """Make Ape quicker within.

    web3 asks nodes at 127.0.0.1 over a plain connection that stays open: the library `requests` takes most of the time that
    a request costs. It reports errors as ever. And Ape, which builds its settings whenever it looks one up, several times
    for each transaction, does not look for settings in environment variables and files then; no test has any there.
    """
    with (
        mock.patch.object(HTTPSessionManager, "make_post_request", _ask_plainly),
        mock.patch.object(PluginConfig, "__init__", BaseModel.__init__),
    ):
        yield


def _ask_plainly(manager: HTTPSessionManager, endpoint: Any, data: Any, **options: Any) -> bytes:
    parts = urlsplit(str(endpoint))
    if parts.hostname != "127.0.0.1" or parts.path not in ("", "/"):
        return _ask(manager, endpoint, data, **options)
    connection = _connection(parts.port or 80)
    if connection is None:
        return _ask(manager, endpoint, data, **options)  # fails in its own words
    try:
        connection.request("POST", "/", data, {"Content-Type": "application/json"})
        response = connection.getresponse()
        content = response.read()
    except (http.client.HTTPException, OSError) as error:
        connection.close()
        raise NoConnection(error) from error
    if response.status != 200:
        return _ask(manager, endpoint, data, **options)
    return content


def _connection(port: int) -> http.client.HTTPConnection | None:
    """The thread's connection to the port; none where nobody listens."""
    connections: dict[int, http.client.HTTPConnection] = _of_thread.__dict__.setdefault("connections", {})
    connection = connections.setdefault(port, http.client.HTTPConnection("127.0.0.1", port, timeout=60))
    if connection.sock is not None and select.select([connection.sock], [], [], 0)[0]:
        connection.close()  # nothing was asked, so what can be read is the end
    if connection.sock is None:
        try:
            connection.connect()
        except OSError:
            return None
    return connection
