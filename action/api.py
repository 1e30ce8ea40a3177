"""The REST interface of GitHub, as far as it is needed: https://docs.github.com/en/rest."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

_SECONDS: Final = 60
_PAGE: Final = 100
_MOST_PAGES: Final = 50


class ApiError(Exception):
    """The host said no, or nothing at all; `status` is 0 then."""

    def __init__(self, status: int, what: str) -> None:
        super().__init__(what)
        self.status = status


def call(method: str, path: str, data: object = None) -> Any:
    """Ask the host below its address; the token is that of the step."""
    address = os.environ.get("GITHUB_API_URL", "https://api.github.com").rstrip("/")
    return _asked(method, f"{address}/{path}", data)


def graphql(query: str, **variables: object) -> Any:
    """Ask by GraphQL, which has what REST lacks."""
    address = os.environ.get("GITHUB_GRAPHQL_URL", "https://api.github.com/graphql")
    answer = _asked("POST", address, {"query": query, "variables": variables})
    if answer.get("errors"):
        raise ApiError(200, str(answer["errors"][0].get("message", "refused")))
    return answer


def _asked(method: str, address: str, data: object) -> Any:
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}",
        "User-Agent": "agentsync",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    body = None if data is None else json.dumps(data).encode()
    try:
        with urlopen(Request(address, body, headers, method=method), timeout=_SECONDS) as answer:
            text = answer.read()
    except HTTPError as error:
        raise ApiError(error.code, f"{method} {address}: {error.code} {error.reason}") from error
    except (URLError, TimeoutError) as error:
        raise ApiError(0, f"{method} {address}: {error}") from error
    return json.loads(text) if text else None


def every(path: str) -> Iterator[Any]:
    """Yield all entries of a list, page by page."""
    for page in range(1, _MOST_PAGES + 1):
        rows = call("GET", f"{path}{'&' if '?' in path else '?'}per_page={_PAGE}&page={page}")
        yield from rows
        if len(rows) < _PAGE:
            return
