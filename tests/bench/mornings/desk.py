"""The API as a program of somebody's own uses it: the token, a session, a connection a call. No station code is in it."""

from __future__ import annotations

import http.client
import json
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.bench.children import Failed

JOB_SECONDS = 600.0
LOOK_SECONDS = 0.02


@dataclass
class Times:
    """How long each call took, in the order they were made: name of the step, seconds."""

    calls: list[tuple[str, float]] = field(default_factory=list)

    def of(self, step: str) -> list[float]:
        """The calls of a step."""
        return [seconds for name, seconds in self.calls if name == step]

    def median_ms(self, step: str) -> float:
        """Of a step, in milliseconds."""
        return statistics.median(self.of(step)) * 1000


class Desk:
    """One person at the API, or (without a session) whoever holds the token."""

    def __init__(self, url: str, token: str, times: Times, session: str | None = None) -> None:
        where = urlsplit(url)
        self._connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=JOB_SECONDS)
        self._url, self._token, self._times, self._session = url, token, times, session

    def sign_in(self, badge: str, secret: str, new: str | None = None) -> Desk:
        """The same API, in that person's session."""
        told = {"badge": badge, "secret": secret, **({} if new is None else {"new_secret": new})}
        session = self.post("/v1/sessions", told, step="sign in")["session"]
        return Desk(self._url, self._token, self._times, session)

    def get(self, path: str, step: str = "look") -> Any:  # noqa: ANN401  # what JSON can hold
        """A document."""
        return json.loads(self.bytes("GET", path, None, step))

    def post(self, path: str, body: object, step: str) -> Any:  # noqa: ANN401  # what JSON can hold
        """A document."""
        return json.loads(self.bytes("POST", path, body, step))

    def patch(self, path: str, body: object, step: str) -> Any:  # noqa: ANN401  # what JSON can hold
        """A document."""
        return json.loads(self.bytes("PATCH", path, body, step))

    def every(self, path: str, step: str = "list") -> Iterator[Any]:
        """The items of a list, page after page."""
        following: str | None = path
        while following is not None:
            page = self.get(following, step)
            yield from page["items"]
            following = page["next"]

    def job(self, path: str, body: object, step: str) -> Any:  # noqa: ANN401  # what JSON can hold
        """Long work, to its end: what it answers, and the archive of its files where it made some."""
        begun = time.perf_counter()
        job = json.loads(self.bytes("POST", path, body, None))
        while job["state"] == "running":
            time.sleep(LOOK_SECONDS)
            job = json.loads(self.bytes("GET", f"/v1/jobs/{job['id']}", None, None))
        if job["problem"] is not None:
            raise Failed(f"{path}: {job['problem']['detail']}")
        files = None if job["files"] is None else self.bytes("GET", job["files"], None, None)
        self._times.calls.append((step, time.perf_counter() - begun))
        return job, files

    def bytes(self, method: str, path: str, body: object, step: str | None) -> bytes:
        """What is answered. Raises :class:`~tests.bench.children.Failed` with the problem's sentence."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json", "Connection": "close"}
        if self._session is not None:
            headers["X-Evidence-Session"] = self._session
        begun = time.perf_counter()
        self._connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = self._connection.getresponse()
        data = response.read()
        if step is not None:
            self._times.calls.append((step, time.perf_counter() - begun))
        if response.status >= 400:
            raise Failed(f"{method} {path}: {response.status} {json.loads(data)['detail']}")
        return data
