"""A witness that runs: real processes, real sockets, real races, killed at any moment."""

from __future__ import annotations

import datetime as dt
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from evidence.custody.cosignature import cosigned_at
from station.witness.home import WitnessHome
from station.witness.server import Limits, ListenFailed, Server, Witness
from tests.pieces import need_program
from tests.station.witness.logs import Log
from tests.station.witness.serving import Serving, connection, read, run, submit

LOG = Log.of(64)


@pytest.fixture
def home(tmp_path: Path) -> WitnessHome:
    made = WitnessHome(tmp_path / "witness")
    made.create("city.example/w1")
    made.trust(LOG.origin, LOG.vkey)
    return made


@pytest.fixture
def serving(home: WitnessHome) -> Iterator[Serving]:
    found = Serving(home.root)
    yield found
    if found.process.poll() is None:
        found.kill()


def known(home: WitnessHome) -> tuple[int, bytes]:
    log = home.log(LOG.origin)
    assert log is not None
    return (log.head.size, log.head.root) if log.head else (0, b"")


def test_from_the_command_line_alone_a_head_is_cosigned(tmp_path: Path) -> None:
    folder = str(tmp_path / "w")
    assert run("witness", "init", "--home", folder, "--name", "city.example/w1").returncode == 0
    assert run("witness", "add", "--home", folder, LOG.origin, LOG.vkey.text()).returncode == 0
    serving = Serving(tmp_path / "w")
    status, _, line = serving.submit(LOG.body(0, 7))
    assert status == 200
    home = WitnessHome(tmp_path / "w")
    assert home.vkey().text() in serving.said
    at = cosigned_at(line.rstrip("\n"), home.vkey(), LOG.note(7))
    assert at is not None
    assert abs(at - time.time()) < 60
    assert serving.stop() == 0
    listed = run("witness", "list", "--home", folder, "--json").stdout
    assert f'"size":7,"root":"{LOG.root(7).hex()}"' in listed


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("add", "evidence-station/s2/1", LOG.vkey.text()), 2),
        (("add", LOG.origin, "nonsense"), 2),
        (("add", LOG.origin, "city.example/w1+00000000+AAAA"), 2),
    ],
    ids=["a key of another log", "no key", "no key either"],
)
def test_a_mistyped_key_is_refused_with_a_sentence(home: WitnessHome, arguments: tuple[str, ...], status: int) -> None:
    verb, *rest = arguments
    done = run("witness", verb, "--home", str(home.root), *rest)
    assert done.returncode == status
    assert "is no verifier key" in done.stderr
    assert len(home.logs()) == 1


def test_a_log_added_while_it_serves_is_cosigned_at_once(home: WitnessHome, serving: Serving) -> None:
    second = Log([b"recovered"], "evidence-station/s1/2")
    assert serving.submit(second.body(0, 1))[0] == 404
    assert run("witness", "add", "--home", str(home.root), second.origin, second.vkey.text()).returncode == 0
    assert serving.submit(second.body(0, 1))[0] == 200


def test_several_requests_go_over_one_connection(serving: Serving) -> None:
    client = connection(serving.url)
    for old, new in ((0, 3), (3, 9), (9, 64)):
        client.request("POST", "/add-checkpoint", LOG.body(old, new))
        assert read(client)[0] == 200
    client.close()


@pytest.mark.parametrize("servers", [1, 2])
def test_of_many_histories_submitted_at_once_only_one_is_ever_cosigned(home: WitnessHome, servers: int) -> None:
    """Forks race for the same place, round after round, against one process and against two on the same home."""
    running = [Serving(home.root) for _ in range(servers)]
    try:
        kept: list[bytes] = []
        for number in range(6):
            at = len(kept)
            forks = [Log([*kept, *(b"%d-%d-%d" % (number, branch, leaf) for leaf in range(4))]) for branch in range(8)]
            barrier = threading.Barrier(len(forks))

            def race(
                numbered: tuple[int, Log], at: int = at, barrier: threading.Barrier = barrier
            ) -> tuple[Log, tuple[int, str, str]]:
                place, fork = numbered
                barrier.wait(timeout=30)
                return fork, running[place % servers].submit(fork.body(at, at + 4))

            with ThreadPoolExecutor(len(forks)) as pool:
                answers = list(pool.map(race, enumerate(forks)))
            won = [fork for fork, (status, _, _) in answers if status == 200]
            assert len(won) == 1
            assert {status for _, (status, _, _) in answers} == {200, 409}
            assert known(home) == (at + 4, won[0].root(at + 4))
            kept = won[0].leaves
    finally:
        for one in running:
            one.kill()


@pytest.mark.parametrize("delay", [0.0, 0.002, 0.005, 0.02, 0.05, 0.1])
def test_killed_at_any_moment_it_never_forgets_a_head_that_it_cosigned(home: WitnessHome, delay: float) -> None:
    serving = Serving(home.root)
    answered = 0
    timer = threading.Timer(delay, serving.kill)
    try:
        for size in range(1, 64):
            status, _, _ = serving.submit(LOG.body(size - 1, size))
            assert status == 200
            answered = size
            if size == 3:
                timer.start()
    except (OSError, http.client.HTTPException):
        pass
    timer.join()
    assert 3 <= answered < 64 or delay > 0.05
    size, root = known(home)
    assert answered <= size <= answered + 1
    assert root == LOG.root(size)
    again = Serving(home.root)
    try:
        if size < 60:
            fork = Log.of(64, forked_at=max(0, size - 2))
            assert again.submit(fork.body(size, 60))[0] == 422
            assert again.submit(fork.body(size - 2, size - 1))[0] == 409
        assert again.submit(LOG.body(size, size))[0] == 200
        assert list((home.root / "heads").glob(".*.new")) == [], "what the kill left was swept"
    finally:
        again.kill()


def test_the_head_is_on_the_disk_before_its_cosignature_is_on_the_line(home: WitnessHome, tmp_path: Path) -> None:
    """What a power cut would leave: the file's bytes, its name and the folder are flushed before the answer is sent."""
    strace = need_program("strace", "strace")
    trace = tmp_path / "trace"
    calls = "fsync,rename,renameat,renameat2,sendto,write"
    serving = Serving(home.root, before=(strace, "-D", "-f", "--seccomp-bpf", "-y", "-o", str(trace), "-e", f"trace={calls}"))
    assert serving.submit(LOG.body(0, 7))[0] == 200
    serving.stop()
    lines = trace.read_text().splitlines()
    answer = next(place for place, line in enumerate(lines) if "sendto" in line and "200 OK" in line)
    before = lines[:answer]
    renamed = next(place for place, line in enumerate(before) if "rename" in line and ".note" in line)
    assert any("fsync" in line and ".note." in line for line in before[:renamed]), "the bytes, before they get their name"
    assert any("fsync" in line and "/heads>" in line for line in before[renamed:]), "the name, before the answer"


# Bounds


def _server(home: WitnessHome, limits: Limits) -> Server:
    server = Server("127.0.0.1:0", Witness(home), limits=limits)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


@pytest.fixture
def strict(home: WitnessHome) -> Iterator[Server]:
    with _server(home, Limits(body=4096, connections=2, silence=0.3, life=0.8)) as server:
        yield server
        server.shutdown()


def _raw(server: Server) -> socket.socket:
    address = urlsplit(server.url)
    assert address.hostname is not None
    assert address.port is not None
    return socket.create_connection((address.hostname, address.port), timeout=10)


def test_a_client_that_says_nothing_is_cut_off(strict: Server) -> None:
    with _raw(strict) as client:
        assert client.recv(100) == b""


def test_a_client_that_sends_a_byte_now_and_then_is_cut_off(strict: Server) -> None:
    begun = time.monotonic()
    with _raw(strict) as client:
        try:
            while time.monotonic() < begun + 10:
                client.sendall(b"P")
                client.settimeout(0.1)
                try:
                    if client.recv(100) == b"":
                        break
                except TimeoutError:
                    continue
        except OSError:
            pass
    assert time.monotonic() - begun < 5


def test_more_connections_than_allowed_are_closed_and_places_come_back(strict: Server) -> None:
    first, second = _raw(strict), _raw(strict)
    with first, second, _raw(strict) as third:
        third.settimeout(5)
        assert third.recv(100) == b"", "one too many"
        assert first.recv(100) == second.recv(100) == b"", "silence"
    until = time.monotonic() + 5
    while True:
        try:
            assert submit(strict.url, LOG.body(0, 7))[0] == 200
            break
        except (OSError, http.client.HTTPException):
            assert time.monotonic() < until


@pytest.mark.parametrize(
    ("request_line", "headers", "status"),
    [
        ("POST /add-checkpoint", "Content-Length: 4097\r\n", 413),
        ("POST /add-checkpoint", "Content-Length: 99999999999999\r\n", 413),
        ("POST /add-checkpoint", "Content-Length: -1\r\n", 411),
        ("POST /add-checkpoint", "", 411),
        ("POST /add-checkpoint", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", 411),
        ("POST /elsewhere", "Content-Length: 3\r\n", 404),
        ("GET /add-checkpoint", "", 501),
    ],
)
def test_what_is_no_request_for_a_witness_is_refused_and_the_connection_closed(
    request_line: str, headers: str, status: int, strict: Server
) -> None:
    with _raw(strict) as client:
        client.sendall(f"{request_line} HTTP/1.1\r\nHost: w\r\n{headers}\r\n".encode())
        received = b""
        while block := client.recv(4096):
            received += block
    assert int(received.split(b" ", 2)[1]) == status


def test_a_body_that_breaks_off_is_not_judged(strict: Server, home: WitnessHome) -> None:
    body = LOG.body(0, 7)
    with _raw(strict) as client:
        client.sendall(f"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body[:-9])
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b""
    assert known(home)[0] == 0


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "witness")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "chain.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return folder / "chain.pem", folder / "key.pem"


def test_with_a_certificate_it_speaks_tls_and_a_silent_handshake_holds_nobody_up(
    home: WitnessHome, certificate: tuple[Path, Path]
) -> None:
    chain, key = certificate
    serving = Serving(home.root, "--certificate", str(chain), "--key", str(key))
    try:
        url = serving.url.replace("127.0.0.1", "localhost")
        address = urlsplit(serving.url)
        with socket.create_connection(("127.0.0.1", address.port or 0)):  # connected, and says nothing
            assert submit(url, LOG.body(0, 7), ssl.create_default_context(cafile=str(chain)))[0] == 200
        with pytest.raises(ssl.SSLCertVerificationError):
            submit(url, LOG.body(7, 8), ssl.create_default_context())
    finally:
        serving.kill()


def test_without_a_certificate_it_listens_on_this_machine_only(home: WitnessHome) -> None:
    for listen in ("0.0.0.0:0", "[::]:0", "192.0.2.1:0"):
        with pytest.raises(ListenFailed, match="certificate"):
            Server(listen, Witness(home))


@pytest.mark.parametrize("listen", ["", "localhost", "127.0.0.1:", "127.0.0.1:99999", ":80"])
def test_an_address_that_is_none_is_refused(home: WitnessHome, listen: str) -> None:
    with pytest.raises(ListenFailed):
        Server(listen, Witness(home))


def test_a_key_that_is_no_key_is_named(home: WitnessHome, certificate: tuple[Path, Path]) -> None:
    chain, _ = certificate
    done = run("witness", "serve", "--home", str(home.root), "--certificate", str(chain), "--key", str(chain))
    assert done.returncode == 2
    assert "certificate and its key" in done.stderr
