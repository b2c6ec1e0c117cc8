"""Other systems: feeds that come in, webhooks and the index that go out, links to clips, and who may call."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType, field

from station.api.resources.casework import Client
from station.api.resources.evidence import members
from station.api.resources.form import Digest, Form, Id, Line, Moment, Operation, Shape
from station.api.resources.keeping import Because
from station.api.resources.proof import Nothing
from station.clients import ROLES
from station.commands.clients import AdmitClient, RevokeClient
from station.commands.joining import IndexAnswer, IndexBatch, ListWebhooks, RetryWebhooks, ShowLink, TryWebhook
from station.commands.matching import CheckFeed, ListFeeds, RunFeeds, RunMatches

Numbers = Annotated[list[Line], Meta(max_length=10_000)]


class Feed(Shape):
    """Dispatch records or rosters from elsewhere: its mapping, and what came of its last run. ``error``: why its mapping cannot be used."""

    feed: str
    kind: str | None
    source: str | None
    last: dict[str, Any]
    error: dict[str, Any] | None


class Notice(Shape):
    """What another system was not told yet."""

    id: Id
    event: str
    state: str
    attempts: int
    next_try_at: Moment
    reason: str | None
    queued_at: Moment


class Batch(Shape):
    """A batch of the index with its detached signature (CMS), both base64."""

    batch: Id
    sha256: Digest
    new: int
    changed: int
    body_b64: str
    signature_b64: str


class BatchAnswered(Shape):
    """How many records are settled, and which are to be given again."""

    batch: Id
    settled: int
    again: list[str]


class LinkShown(Shape):
    """The link to a clip, and what it leads to."""

    link: str
    uri: str
    clip: Id
    docking: Id
    case_number: str | None
    case: Id | None
    incident: Id | None
    resource: str


class Whole(Form):
    """``whole``: everything once more, and not only what has changed."""

    whole: bool = False


class NoticeWanted(Form):
    """One notice; left out: everything that waits or is dead."""

    notice: Id | UnsetType = UNSET


class BatchWanted(Form):
    """How many records at most; ``everything``: also those that the platform has."""

    limit: Annotated[int, Meta(ge=1, le=10_000)] = 1000
    everything: bool = False


class BatchAnswer(Form):
    """Numbers of the records that the platform took, knew already, or refused."""

    accepted: Numbers = field(default_factory=list)
    known: Numbers = field(default_factory=list)
    failed: Numbers = field(default_factory=list)


class ClientNew(Form, kw_only=True):
    """A system to let in. ``certificate``: ``sha256:`` and a fingerprint, or ``subject:`` and a name (RFC 4514). ``rate``: requests a minute."""

    name: Line
    certificate: Line
    role: Annotated[str, Meta(pattern=f"^({'|'.join(ROLES)})$")]
    scopes: Annotated[list[Line], Meta(min_length=1, max_length=200)]
    rate: Annotated[int, Meta(ge=1, le=100_000)] = 600
    units: Annotated[list[Line], Meta(max_length=100)] = field(default_factory=list)
    sensitivities: Annotated[list[Line], Meta(max_length=10)] = field(default_factory=list)


OPERATIONS = (
    Operation(
        *("GET", "/v1/feeds", "listFeeds", "Where dispatch records and rosters come from", "feeds:read"),
        command=lambda _asked: ListFeeds(),
        answers=Feed,
        rows="feeds",
        key="feed",
    ),
    Operation(
        *("POST", "/v1/feeds/run", "runFeeds", "Read all feeds and take what they have", "feeds:write"),
        command=lambda _asked: RunFeeds(),
        body=Nothing,
        job=True,
    ),
    Operation(
        *("POST", "/v1/feeds/{feed}/run", "runFeed", "Read one feed and take what it has", "feeds:write"),
        command=lambda asked: RunFeeds(asked.path["feed"]),
        body=Nothing,
        job=True,
    ),
    Operation(
        *("POST", "/v1/feeds/{feed}/check", "checkFeed", "The dry run of a feed, with every row that would be refused"),
        scope="feeds:read",
        command=lambda asked: CheckFeed(asked.path["feed"]),
        body=Nothing,
        job=True,
    ),
    Operation(
        *("POST", "/v1/matches/run", "runMatches", "Judge what has changed since the matcher looked last", "incidents:write"),
        command=lambda asked: RunMatches(asked.body.whole),
        body=Whole,
        job=True,
    ),
    Operation(
        *("GET", "/v1/webhooks", "listWebhooks", "What another system was not told yet, oldest first", "webhooks:read"),
        command=lambda _asked: ListWebhooks(),
        answers=Notice,
        rows="notices",
        key="id",
    ),
    Operation(
        *("POST", "/v1/webhooks/trial", "tryWebhook", "Send a notice that nothing caused", "webhooks:write"),
        command=lambda _asked: TryWebhook(),
        body=Nothing,
        job=True,
    ),
    Operation(
        *("POST", "/v1/webhooks/retry", "retryWebhooks", "Try again at once", "webhooks:write"),
        command=lambda asked: RetryWebhooks(**members(asked.body)),
        body=NoticeWanted,
        job=True,
    ),
    Operation(
        *("POST", "/v1/index/batches", "makeBatch", "A signed batch of the index for the city's platform", "index:write"),
        command=lambda asked: IndexBatch(**members(asked.body)),
        body=BatchWanted,
        answers=Batch,
        status=201,
    ),
    Operation(
        *("POST", "/v1/index/batches/{batch}/answer", "answerBatch", "What the platform answered to a batch", "index:write"),
        command=lambda asked: IndexAnswer(asked.path["batch"], **members(asked.body)),
        body=BatchAnswer,
        answers=BatchAnswered,
    ),
    Operation(
        *("GET", "/v1/clips/{clip}/link", "showLink", "The link to a clip, and what it leads to", "clips:read"),
        command=lambda asked: ShowLink(asked.path["clip"]),
        answers=LinkShown,
    ),
    Operation(
        *("POST", "/v1/clients", "admitClient", "Let another system in", "settings:write"),
        command=lambda asked: AdmitClient(**members(asked.body)),
        body=ClientNew,
        answers=Client,
        status=201,
    ),
    Operation(
        *("POST", "/v1/clients/{client}/revocation", "revokeClient", "A system is let in no more", "settings:write"),
        command=lambda asked: RevokeClient(asked.path["client"], asked.body.reason),
        body=Because,
        answers=Client,
    ),
)
