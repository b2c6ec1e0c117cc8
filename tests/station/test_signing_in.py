"""Signing in, sessions, lock-out, leavers: through the same functions as the command line and the API."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from sqlalchemy import update

from evidence.access import VISITOR, PermissionDenied, Role
from evidence.catalogue import schema
from evidence.catalogue.acts import people as acts
from evidence.catalogue.acts.people import FirstAdministrator, LastAdministrator, OwnRights, PersonKnown
from evidence.catalogue.connect import reading, writing
from evidence.custody.entry import STATION, Actor, Moment
from evidence.errors import Fault
from station import clock, people, pins, signing_in
from station.approvals import ApprovalMissing
from station.commands import Answer, Command, Export, ListClips, Package, SettingsCommand, Tag, silent
from station.commands.people import (
    AddPerson,
    AskApproval,
    ChangePerson,
    DisablePerson,
    EnablePerson,
    GiveApproval,
    Grant,
    ListPeople,
    ResetPin,
    SignIn,
    SignOut,
    WhoAmI,
)
from station.engine import Engine
from station.founding import AdministratorThere, make_administrator
from station.home import Home
from station.rooms import Rooms
from station.signing_in import NoAccounts, NotSignedIn, PinMustChange, SignInLocked, SignInRefused
from tests.station.stations import Station

ADMINISTRATOR, SUPERVISOR, OFFICER = "000001", "004711", "004567"
PIN, OTHER_PIN, WRONG = "583917", "739205", "583918"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cheapest Argon2id there is: what it costs is a matter of three constants."""
    monkeypatch.setattr(pins, "_MEMORY_KIB", 64)
    monkeypatch.setattr(pins, "_PASSES", 1)


@dataclass
class Desk:
    """A station whose clock a test sets, and a way to speak to it in somebody's session."""

    rooms: Rooms
    begun: Moment = field(default_factory=clock.now)
    later: timedelta = field(default_factory=timedelta)

    def now(self) -> Moment:
        """A millisecond after the last look, or as much later as a test says: how slow the machine is does not matter."""
        self.later += timedelta(milliseconds=1)
        by = self.later // timedelta(microseconds=1) * 1000
        return replace(self.begun, unix_ns=self.begun.unix_ns + by, mono_ns=self.begun.mono_ns + by)

    def run(self, **time: float) -> None:
        """Time passes."""
        self.later += timedelta(**time)

    def ask(self, command: Command, session: str | None = None) -> Answer:
        """As the service and the command line do it."""
        actor = signing_in.actor_of(self.rooms, session, signing_in=isinstance(command, SignIn))
        return Engine(self.rooms).carry_out(command, actor, silent)

    def sign_in(self, badge: str, pin: str = PIN, new: str | None = None) -> str:
        return str(self.ask(SignIn(badge, secret=pin, new_secret=new)).document["session"])

    def open_door(self, badge: str, session: str, pin: str = PIN) -> str:
        """A first PIN, changed at the first sign-in: the session."""
        made = str(self.ask(ResetPin(badge), session).document["pin"])
        return self.sign_in(badge, made, pin)

    def noted(self) -> list[dict[str, object]]:
        with self.rooms.queries() as queries:
            return [one.body["what"] for one in queries.entries() if one.body["type"] == "noted"]

    def size(self) -> int:
        with self.rooms.queries() as queries:
            return queries.head().size


@pytest.fixture
def alone(made_home: Path, tmp_path: Path) -> Iterator[Desk]:
    """A station where nobody has an account."""
    shutil.copytree(made_home, tmp_path / "home")
    rooms = Rooms.open(Home(tmp_path / "home"))
    desk = Desk(rooms)
    rooms.clock = desk.now
    rooms.ledger._clock = desk.now
    yield desk
    rooms.close()


@pytest.fixture
def desk(alone: Desk) -> Desk:
    """A station with its first administrator."""
    make_administrator(alone.rooms, ADMINISTRATOR, PIN)
    return alone


@pytest.fixture
def session(desk: Desk) -> str:
    """The administrator's."""
    return desk.sign_in(ADMINISTRATOR)


def test_until_there_is_an_account_the_operator_acts_and_nobody_signs_in(alone: Desk) -> None:
    assert alone.ask(WhoAmI()).document["signed_in"] is False
    assert alone.ask(ListClips()).document["clips"] == []
    with pytest.raises(NoAccounts):
        alone.ask(SignIn(ADMINISTRATOR, secret=PIN))


def test_from_the_first_account_on_nobody_acts_without_a_session(desk: Desk) -> None:
    for nobody in (None, "", "x", "x.y", "0197f000-0000-7000-8000-000000000000." + "x" * 43):
        with pytest.raises(NotSignedIn):
            desk.ask(ListClips(), nobody)
    assert desk.rooms.attendant == STATION
    assert desk.ask(WhoAmI(), desk.sign_in(ADMINISTRATOR)).document["badge"] == ADMINISTRATOR


def test_the_first_administrator_is_made_once(desk: Desk) -> None:
    before = desk.size()
    with pytest.raises(AdministratorThere):
        make_administrator(desk.rooms, "000002", PIN)
    assert desk.size() == before


def test_the_first_account_is_an_administrators_whoever_is_entered_before(alone: Desk) -> None:
    alone.ask(AddPerson(OFFICER, "officer"))
    with pytest.raises(FirstAdministrator):
        alone.ask(ResetPin(OFFICER))
    assert alone.ask(WhoAmI()).document["signed_in"] is False


def test_a_wrong_pin_an_unknown_badge_and_a_leaver_get_one_answer_and_the_log_knows_which(desk: Desk, session: str) -> None:
    desk.ask(AddPerson(OFFICER, "officer"), session)
    desk.open_door(OFFICER, session)
    desk.ask(DisablePerson(OFFICER, "moved away"), session)
    for badge, pin in ((ADMINISTRATOR, WRONG), ("999999", PIN), (OFFICER, PIN)):
        with pytest.raises(SignInRefused) as caught:
            desk.sign_in(badge, pin)
        assert caught.value.fields == {}
    refused = [one for one in desk.noted() if one["did"] == "sign-in-refused"]
    assert [one["why"] for one in refused] == ["wrong", "unknown", "disabled"]
    with desk.rooms.queries() as queries:
        for entry in queries.entries():
            for secret in (PIN, WRONG, "999999", "$argon2"):
                assert secret not in str(entry)


def test_nothing_that_a_reader_of_the_log_sees_helps_to_guess_a_pin(desk: Desk) -> None:
    hashes = [row.phc for row in rows_of(desk, "credential")]
    assert len(hashes) == 1
    assert hashes[0].startswith("$argon2id$v=19$")
    salt, tag = hashes[0].split("$")[-2:]
    with desk.rooms.queries() as queries:
        told = str(list(queries.entries()))
    assert salt not in told
    assert tag not in told
    assert pins.matches(PIN, hashes[0], people.pepper(desk.rooms.home))
    assert not pins.matches(PIN, hashes[0], bytes(32)), "the catalogue alone is not enough to try"


def rows_of(desk: Desk, table: str) -> list[Any]:
    with reading(desk.rooms.catalogue) as connection:
        return list(connection.execute(schema.metadata.tables[table].select()))


def test_tries_wait_longer_and_longer_outlive_a_restart_and_never_for_ever(desk: Desk) -> None:
    waits = []
    for _ in range(30):
        try:
            desk.sign_in(ADMINISTRATOR, WRONG)
        except SignInLocked as locked:
            seconds = locked.fields["seconds"]
            assert isinstance(seconds, int)
            waits.append(seconds)
            desk.run(seconds=seconds)
        except SignInRefused:
            pass
    assert waits[:3] == [30, 60, 120]
    assert max(waits) == 900
    with pytest.raises(SignInRefused):
        desk.sign_in(ADMINISTRATOR, WRONG)
    other = Rooms.open(desk.rooms.home)
    try:
        other.clock = desk.now
        with pytest.raises(SignInLocked):
            signing_in.by_pin(other, ADMINISTRATOR, PIN)
    finally:
        other.close()
    desk.run(seconds=901)
    desk.sign_in(ADMINISTRATOR)
    with pytest.raises(SignInRefused):
        desk.sign_in(ADMINISTRATOR, WRONG)
    desk.sign_in(ADMINISTRATOR)


def test_who_is_locked_out_at_one_door_comes_in_by_another_and_others_come_in_as_ever(desk: Desk, session: str) -> None:
    desk.ask(AddPerson(OFFICER, "officer"), session)
    desk.open_door(OFFICER, session, OTHER_PIN)
    desk.ask(ChangePerson(OFFICER, card="0012345678"), session)
    for _ in range(6):
        with pytest.raises((SignInRefused, SignInLocked)):
            desk.sign_in(OFFICER, WRONG)
    with pytest.raises(SignInLocked):
        desk.sign_in(OFFICER, OTHER_PIN)
    came = desk.ask(SignIn(card="0012345678", secret=OTHER_PIN)).document
    assert came["door"] == "card"
    desk.sign_in(ADMINISTRATOR)


def test_a_try_that_is_turned_away_is_counted_in_the_next_entry(desk: Desk) -> None:
    for _ in range(5):
        with pytest.raises(SignInRefused):
            desk.sign_in(ADMINISTRATOR, WRONG)
    for _ in range(7):
        with pytest.raises(SignInLocked):
            desk.sign_in(ADMINISTRATOR, PIN)
    desk.run(seconds=31)
    with pytest.raises(SignInRefused):
        desk.sign_in(ADMINISTRATOR, WRONG)
    assert desk.noted()[-1]["turned_away"] == 7


def test_a_card_alone_opens_where_the_settings_say_so_and_its_number_is_kept_nowhere(desk: Desk, session: str) -> None:
    desk.ask(AddPerson(OFFICER, "officer"), session)
    desk.open_door(OFFICER, session, OTHER_PIN)
    desk.ask(ChangePerson(OFFICER, card="0012345678"), session)
    with pytest.raises(SignInRefused):
        desk.ask(SignIn(card="0012345678"))
    with pytest.raises(PersonKnown):
        desk.ask(ChangePerson(ADMINISTRATOR, card="0012345678"), desk.sign_in(ADMINISTRATOR))
    desk.rooms.settings = msgspec.structs.replace(desk.rooms.settings, card_pin=False)
    assert desk.ask(SignIn(card="0012345678")).document["door"] == "card"
    with pytest.raises(SignInRefused):
        desk.ask(SignIn(card="0012345679"))
    for name in ("sheet", "sheet_index", "personal_value", "custody_entry", "sign_in_try", "session"):
        assert "0012345678" not in str(rows_of(desk, name))


def certificate(days: int = 30, before: int = 1) -> bytes:
    """A client certificate as a police PKI would issue one."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, OFFICER)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=before))
        .not_valid_after(now + timedelta(days=days))
    )
    return made.sign(key, SHA256()).public_bytes(Encoding.DER)


def test_a_certificate_is_a_door_of_its_own_while_its_time_is_now(desk: Desk, session: str) -> None:
    mine, others = certificate(), certificate()
    desk.ask(AddPerson(OFFICER, "officer"), session)
    desk.ask(ChangePerson(OFFICER, certificate=mine), session)
    came = signing_in.by_certificate(desk.rooms, mine)
    assert desk.ask(WhoAmI(), came.session).document["badge"] == OFFICER
    with pytest.raises(SignInRefused):
        signing_in.by_certificate(desk.rooms, others)
    desk.run(days=31)
    with pytest.raises(SignInRefused):
        signing_in.by_certificate(desk.rooms, mine)
    assert [one["why"] for one in desk.noted() if one["did"] == "sign-in-refused"] == ["unknown", "out-of-date"]


def test_a_pin_that_somebody_else_made_is_good_for_nothing_but_to_be_changed_and_not_for_long(desk: Desk, session: str) -> None:
    desk.ask(AddPerson(OFFICER, "officer"), session)
    made = str(desk.ask(ResetPin(OFFICER), session).document["pin"])
    with pytest.raises(PinMustChange):
        desk.sign_in(OFFICER, made)
    for easy in (made, "123456", OFFICER):
        with pytest.raises(pins.SecretTooEasy):
            desk.sign_in(OFFICER, made, easy)
    desk.sign_in(OFFICER, made, PIN)
    with pytest.raises(SignInRefused):
        desk.sign_in(OFFICER, made)
    late = str(desk.ask(ResetPin(OFFICER), session).document["pin"])
    desk.run(hours=73)
    with pytest.raises(SignInRefused):
        desk.sign_in(OFFICER, late, OTHER_PIN)


def test_a_session_ends_when_it_is_idle_when_it_lasted_too_long_and_when_its_person_says_so(desk: Desk) -> None:
    used = desk.sign_in(ADMINISTRATOR)
    idle = desk.sign_in(ADMINISTRATOR)
    for _ in range(3):
        desk.run(minutes=14)
        desk.ask(WhoAmI(), used)
    with pytest.raises(NotSignedIn):
        desk.ask(WhoAmI(), idle)
    for _ in range(60):
        desk.run(minutes=14)
        try:
            desk.ask(WhoAmI(), used)
        except NotSignedIn:
            break
    assert timedelta(hours=12) <= desk.later < timedelta(hours=12, minutes=15)
    first, second, third = (desk.sign_in(ADMINISTRATOR) for _ in range(3))
    desk.ask(SignOut(first), first)
    with pytest.raises(NotSignedIn):
        desk.ask(WhoAmI(), first)
    desk.ask(WhoAmI(), second)
    desk.ask(SignOut(second, everywhere=True), second)
    with pytest.raises(NotSignedIn):
        desk.ask(WhoAmI(), third)
    assert [one["did"] for one in desk.noted()[-2:]] == ["signed-out", "signed-out"]


def test_nobody_ends_another_ones_session(desk: Desk, session: str) -> None:
    desk.ask(AddPerson(OFFICER, "officer"), session)
    officers = desk.open_door(OFFICER, session)
    with pytest.raises(NotSignedIn):
        desk.ask(SignOut(session), officers)
    desk.ask(WhoAmI(), session)


@pytest.mark.parametrize("change", ["disabled", "role", "pin"])
def test_what_somebody_else_changes_of_a_person_ends_his_sessions_at_once(desk: Desk, session: str, change: str) -> None:
    desk.ask(AddPerson(OFFICER, "officer"), session)
    officers = desk.open_door(OFFICER, session)
    desk.ask(WhoAmI(), officers)
    commands: dict[str, Command] = {
        "disabled": DisablePerson(OFFICER),
        "role": ChangePerson(OFFICER, role="clerk"),
        "pin": ResetPin(OFFICER),
    }
    desk.ask(commands[change], session)
    with pytest.raises(NotSignedIn):
        desk.ask(WhoAmI(), officers)


def test_who_was_disabled_comes_back_without_the_pin_of_before(desk: Desk, session: str) -> None:
    desk.ask(AddPerson(OFFICER, "officer"), session)
    desk.open_door(OFFICER, session)
    desk.ask(DisablePerson(OFFICER), session)
    desk.ask(EnablePerson(OFFICER), session)
    with pytest.raises(SignInRefused):
        desk.sign_in(OFFICER)
    desk.open_door(OFFICER, session, OTHER_PIN)


def test_what_is_changed_in_the_database_alone_opens_nothing(desk: Desk, session: str) -> None:
    desk.ask(AddPerson(OFFICER, "officer"), session)
    officers = desk.open_door(OFFICER, session)
    sheet, sessions, credential = schema.sheet, schema.session, schema.credential

    def changed(statement: object, refused: Callable[[], object], fault: type[Fault]) -> None:
        saved = {table.name: rows_of(desk, table.name) for table in (sheet, sessions, credential)}
        with writing(desk.rooms.catalogue) as connection:
            connection.execute(statement)  # type: ignore[call-overload]  # an update of one of these tables
        with pytest.raises(fault):
            refused()
        with writing(desk.rooms.catalogue) as connection:
            for table in (sheet, sessions, credential):
                connection.execute(table.delete())
                connection.execute(table.insert(), [dict(row._mapping) for row in saved[table.name]])

    with desk.rooms.queries() as queries:
        assert queries.count("session") == 2
    mine = sheet.c.said.like('%"role":"officer"%')
    said = next(row.said for row in rows_of(desk, "sheet") if '"role":"officer"' in row.said)
    raised = update(sheet).where(mine).values(said=said.replace("officer", "administrator"))
    changed(raised, lambda: desk.ask(ListPeople(), officers), NotSignedIn)
    known = pins.hashed(OTHER_PIN, people.pepper(desk.rooms.home))
    changed(update(credential).values(phc=known), lambda: desk.sign_in(ADMINISTRATOR, OTHER_PIN), SignInRefused)
    person = next(row.id for row in rows_of(desk, "sheet") if '"administrator"' in row.said)
    changed(update(sessions).values(person=person), lambda: desk.ask(ListPeople(), officers), NotSignedIn)
    changed(update(sessions).values(begun_at="2099-01-01T00:00:00.000000Z"), lambda: desk.ask(WhoAmI(), officers), NotSignedIn)
    desk.ask(WhoAmI(), officers)


def test_without_its_key_nobody_comes_in_and_nobody_acts(desk: Desk, session: str) -> None:
    (desk.rooms.home.keys / "people.key").unlink()
    with pytest.raises(people.PeopleKeyMissing):
        desk.ask(WhoAmI(), session)
    with pytest.raises(people.PeopleKeyMissing):
        desk.sign_in(ADMINISTRATOR)


def test_nobody_changes_his_own_rights_and_one_administrator_remains(desk: Desk, session: str) -> None:
    for command in (
        ChangePerson(ADMINISTRATOR, role="supervisor"),
        Grant(ADMINISTRATOR, sensitivities=("minors",)),
        DisablePerson(ADMINISTRATOR),
    ):
        with pytest.raises(OwnRights):
            desk.ask(command, session)
    desk.ask(AddPerson("000002", "administrator"), session)
    second = desk.open_door("000002", session, OTHER_PIN)
    assert [one["code"] for one in desk.noted() if one["did"] == "refused"] == ["own-rights"] * 3
    desk.ask(DisablePerson("000002"), session)
    with pytest.raises(NotSignedIn):
        desk.ask(WhoAmI(), second)


def test_from_the_second_who_may_agree_on_doors_and_rights_take_two(desk: Desk, session: str) -> None:
    desk.ask(AddPerson(SUPERVISOR, "supervisor"), session)
    supervisor = desk.open_door(SUPERVISOR, session, OTHER_PIN)
    sheet = desk.ask(AddPerson("000003", "clerk"), session).document["id"]
    with pytest.raises(ApprovalMissing) as caught:
        desk.ask(ResetPin("000003"), session)
    assert caught.value.fields["subject"] == f"sheet:{sheet}"
    approval = desk.ask(AskApproval("raise-rights", f"sheet:{sheet}", "the new clerk"), session).document["id"]
    desk.ask(GiveApproval(str(approval)), supervisor)
    desk.open_door("000003", session)
    with pytest.raises(ApprovalMissing):
        desk.ask(Grant("000003", sensitivities=("minors",)), session)
    desk.ask(AddPerson(OFFICER, "officer"), session)
    desk.open_door(OFFICER, session)


def test_a_setting_that_weakens_takes_two_and_one_that_does_not_takes_one(desk: Desk, session: str) -> None:
    desk.ask(SettingsCommand("set", "session_hours", "8"), session)
    with pytest.raises(ApprovalMissing):
        desk.ask(SettingsCommand("set", "session_hours", "9"), session)
    desk.ask(SettingsCommand("set", "language", "zh"), session)


@pytest.mark.parametrize(
    ("name", "weaker", "stronger"),
    [("disposal_undo_days", "1", "14"), ("scrub_budget", "0", str(32 << 30)), ("vault_low_bytes", "1", "0")],
)
def test_what_lets_footage_go_sooner_takes_two(desk: Desk, session: str, name: str, weaker: str, stronger: str) -> None:
    desk.ask(SettingsCommand("set", name, stronger), session)
    with pytest.raises(ApprovalMissing) as caught:
        desk.ask(SettingsCommand("set", name, weaker), session)
    assert caught.value.fields["subject"] == f"setting:{name}"
    assert getattr(desk.rooms.settings, name) == int(stronger)


def test_the_administrator_touches_no_evidence(desk: Desk, session: str) -> None:
    for command in (Tag(("x",), note="y"), Export("x", b"/tmp/y"), Package(b"/tmp/y", clips=("x",))):
        with pytest.raises(PermissionDenied):
            desk.ask(command, session)
    refused = [one for one in desk.noted() if one["did"] == "refused"]
    assert [(one["command"], one["permission"]) for one in refused] == [
        ("Tag", "tag"),
        ("Export", "export"),
        ("Package", "export"),
    ]


def test_a_roster_disables_who_left_and_nobody_when_it_was_cut_short(desk: Desk, session: str) -> None:
    digest = people.keyed(desk.rooms.home)
    badges = [f"0050{number:02}" for number in range(10)]
    with desk.rooms.ledger.commit() as commit:
        for badge in badges:
            people.enrolled(commit, digest, badge, None, "unit-1", "roster", STATION)
    officers = desk.open_door(badges[0], session)
    with desk.rooms.ledger.commit() as commit, pytest.raises(people.TooManyLeave):
        people.leavers(commit, digest, badges[5:], "roster", STATION)
    with desk.rooms.ledger.commit() as commit:
        assert people.leavers(commit, digest, badges[1:], "roster", STATION) == [badges[0]]
    with pytest.raises(NotSignedIn):
        desk.ask(WhoAmI(), officers)
    with pytest.raises(SignInRefused):
        desk.sign_in(badges[0])
    with desk.rooms.ledger.commit() as commit:
        assert people.leavers(commit, digest, [], "roster", STATION, sure=True) == badges[1:]
    desk.ask(WhoAmI(), session)


def test_the_last_administrator_is_not_a_leaver(desk: Desk) -> None:
    digest = people.keyed(desk.rooms.home)
    with desk.rooms.ledger.commit() as commit:
        people.enrolled(commit, digest, ADMINISTRATOR, None, "unit-1", "roster", STATION)
    with desk.rooms.ledger.commit() as commit:
        assert people.leavers(commit, digest, ["somebody"], "roster", STATION) == []
    with people.reading_people(desk.rooms) as known:
        row = people.found(known, ADMINISTRATOR)
    clerk, by = replace(row.person, role=Role.CLERK), Actor("x", "administrator")
    with desk.rooms.ledger.commit() as commit, pytest.raises(LastAdministrator):
        acts.changed(commit, digest, row, clerk, "changed", by)


@pytest.mark.parametrize(
    "secret",
    [
        *("", "1", "58391", "123456", "654321", "111111", "121212", "123123", "112233", "135791", "258369", "147258"),
        *("19840115", "840115", "150184", "20260101", "004567", "99004567", "5201314", "888888888888"),
        *("password1", "Password2026!", "police12345", "qwerty123456", "aaaaaaaaaaaa", "004567abcd!", "short pass"[:9]),
        "x" * 129,
    ],
)
def test_a_pin_or_password_that_is_guessed_first_is_refused(secret: str) -> None:
    with pytest.raises(pins.SecretTooEasy):
        pins.check_fit(secret, OFFICER)


@pytest.mark.parametrize("secret", ["583917", "90264817", "correct horse battery", "雨后的站台有三只麻雀在"])
def test_a_fit_one_is_taken(secret: str) -> None:
    pins.check_fit(secret, OFFICER)


def test_initial_pins_are_fit_and_differ() -> None:
    made = {pins.initial_pin(OFFICER) for _ in range(50)}
    assert len(made) == 50
    for pin in made:
        pins.check_fit(pin, OFFICER)


def test_the_real_hash_is_what_the_standard_recommends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert pins.hashed(PIN, bytes(32)).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_the_command_line_signs_in_and_out_and_no_secret_is_an_argument_or_an_answer(
    station: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    typed(monkeypatch, PIN)
    assert station("init", "--administrator", ADMINISTRATOR).status == 0
    assert station.json("clips", status=5)["code"] == "not-signed-in"
    typed(monkeypatch, PIN)
    told = station("sign-in", ADMINISTRATOR, "--json")
    kept = Path(told.document["session_file"])
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.read_text().strip() not in told.out.decode()
    assert station.json("whoami")["badge"] == ADMINISTRATOR
    kept.chmod(0o644)
    assert station.json("whoami", status=5)["code"] == "not-signed-in"
    kept.chmod(0o600)
    monkeypatch.setenv("EVIDENCE_STATION_SESSION", kept.read_text().strip())
    assert station.json("people")["people"][0]["doors"] == ["pin"]
    monkeypatch.delenv("EVIDENCE_STATION_SESSION")
    assert station.json("verify")["problems"] == []
    station.json("sign-out")
    assert not kept.exists()
    assert station.json("whoami", status=5)["code"] == "not-signed-in"


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """What comes on stdin."""
    monkeypatch.setattr("sys.stdin", StringIO("".join(f"{line}\n" for line in lines)))


def test_a_visitor_is_told_to_sign_in_and_not_that_a_role_lacks_something(desk: Desk) -> None:
    with pytest.raises(NotSignedIn):
        Engine(desk.rooms).check(ListClips(), VISITOR)
