"""``HOW-TO-VERIFY.txt``: the commands, with this package's own file names, that check it with programs that are not ours.

A line that begins with ``$ `` is a command to type as it stands, in the folder of the package; a test types them all.
"""

from __future__ import annotations

from calendar import timegm
from time import strptime

from evidence.packages.contents import Contents
from evidence.signing import Algorithm

_INTRODUCTION = """\
HOW TO VERIFY THIS PACKAGE / 如何核验本证据包
==============================================

Package 证据包   {package}
Station 工作站   {station}
Made at 制作时间 {made_at} (clock of the station 以工作站时钟为准)
Log position 日志位置 {origin}, {size} entries 条

Nothing in this package proves itself by being said here, this text included. You need one thing from elsewhere: the ANCHOR, the
fingerprint of the station's authority, from whoever runs the station or keeps it for them, on paper or by telephone. Better still: a
CHECKPOINT that somebody outside the station kept (a witness, the city, a printed slip), and the certificate of the time-stamp authority.
本包中的任何说法 (包括本文) 都不能自证。核验者须从站外取得锚定指纹 (工作站证书机构的指纹); 最好还有站外保存的检查点, 以及时间戳机构的证书。

Lines with "$" are commands for a Linux shell in this folder. 以 "$" 开头的行是在本文件夹内执行的 Linux 命令。
"""
_LINUX = """
1. Is every file as listed?  文件是否与清单一致?

$ sha256sum --quiet -c tagmanifest-sha256.txt
$ sha256sum --quiet -c manifest-sha256.txt

2. Which authority? Compare with the anchor you were given.  与取得的锚定指纹比对。

$ openssl x509 -in data/certificates/ca.pem -noout -fingerprint -sha256

3. Did the station's log key, certified by that authority, sign this list of files?  文件清单是否由日志密钥签名?

"""
_LOG = """
5. Is an entry of custody in the signed log? The two lines of digits must be equal; here for the first entry of the file.
   保管记录是否在已签名的日志中? 两行数字须相同 (此处为文件中的首条)。

$ (printf '\\0'; head -n 1 data/custody/log-{epoch}.jsonl | tr -d '\\n') | sha256sum | cut -c 1-64
$ dd if=data/custody/leaves-{epoch}.bin bs=32 skip={seq} count=1 status=none | od -An -v -tx1 | tr -d ' \\n'

   Proofs (RFC 6962) from entries to the checkpoint are in data/custody/proofs.json; any RFC 6962 program takes them.
   从条目到检查点的证明 (RFC 6962) 见 data/custody/proofs.json。

6. Everything at once, the chain of entries and the checkpoints included. The program is one readable file; the safest copy is your own.
   一次核验全部内容 (包括记录链与检查点)。程序为单个可读文件; 最稳妥的是使用自己取得的副本。

$ python3 -I verify_package.py .

   That says "consistent" and leaves with 4: no anchor was given. With what you have from elsewhere it leaves with 0:
   以上命令因未提供锚定指纹而以状态 4 结束。提供站外资料后应以 0 结束:

     python3 -I verify_package.py . --anchor FINGERPRINT [--checkpoint FILE] [--witness KEY] [--authority FILE]

   0 proven 已证明 · 3 something is not as it was 有改动 · 4 consistent, origin unproven 内部一致, 来源未证明
"""
_WINDOWS = """
ON WINDOWS / 在 Windows 上
--------------------------

In a command prompt in this folder; compare each answer with the digest printed under it.
在本文件夹的命令提示符中执行, 并与其下所列摘要比对。

"""
_LIMITS = """
WHAT IT PROVES AND WHAT NOT / 能证明什么, 不能证明什么
-----------------------------------------------------

Proven, when the verifier says so with your anchor: these bytes are those that the station copied from the device and sealed; the
entries of custody given here are in its signed log, unaltered, and none about these clips, dockings and keys is left out up to the
packaging; a proven time stamp shows that the seal existed at its time.
在提供锚定指纹并核验通过时可证明: 字节与工作站从设备复制并封存的一致; 所附保管记录均在签名日志中且未改动, 与这些片段、接入和密钥有关的
记录截至制作时没有遗漏; 有效的时间戳证明封存在该时刻已存在。

Not proven: what happened to a file before it was docked; that the device's or the station's clock was right; that a station whose
keys were abused did not write another log, unless a checkpoint from elsewhere agrees; that a case has no other clips.
不能证明: 接入之前文件的情况; 设备或工作站时钟的准确性; 若无站外检查点佐证, 密钥被滥用的工作站未另写日志; 案件没有其他片段。

Files under data/playable/, where there are any, are derivatives made for viewing. They are no originals and prove nothing.
data/playable/ 下如有文件, 均为便于观看而制作的衍生副本, 不是原件, 不具证明作用。
"""


_DISCLOSURE = """
WHAT IT PROVES AND WHAT NOT / 能证明什么, 不能证明什么
-----------------------------------------------------

This package is for disclosure. It holds redacted copies, and no original: files under data/redacted/ were made from originals that the
station keeps, by the recipe in the entry that approved them. They are not what the device wrote. Values that name people are withheld.
本包用于披露, 只含遮蔽副本, 不含原件: data/redacted/ 下的文件由工作站保存的原件按批准记录中的配方制作, 并非设备写出的内容。涉及人员的信息未予提供。

Proven, when the verifier says so with your anchor: these are the copies that the station approved, of the originals with the digests
given; the entries of custody given here are in its signed log, unaltered, and none about these clips, dockings, redactions and keys is
left out up to the packaging.
在提供锚定指纹并核验通过时可证明: 这些副本即工作站批准的副本, 对应所列摘要的原件; 所附保管记录均在签名日志中且未改动, 与这些片段、接入、
遮蔽和密钥有关的记录截至制作时没有遗漏。

Not proven: that a copy shows outside of its boxes and silences what its original shows. That is the station's word; whoever has the
original holds it against the digest given here, and makes the copy again by the recipe.
不能证明: 副本在遮挡框与静音之外与原件一致。这是工作站的陈述; 持有原件者可与所列摘要核对, 并按配方重新制作副本。
"""


def text(contents: Contents, log_certificate: str, algorithm: Algorithm) -> bytes:
    """The file. ``log_certificate`` is the path, in the package, of the certificate of the key that signs it."""
    position = contents.position
    parts = [
        _INTRODUCTION.format(
            package=position.package,
            station=contents.station,
            made_at=position.made_at,
            origin=f"evidence-station/{contents.station}/{position.epoch}",
            size=position.size,
        ),
        _LINUX,
        *_signature(contents, log_certificate, algorithm),
        *_seals(contents),
        _LOG.format(epoch=position.epoch, seq=_first_seq(contents)),
        _WINDOWS,
        *(f"  certutil -hashfile {one.file.replace('/', chr(92))} SHA256\n    {one.file_sha256}\n" for one in contents.clips),
        _DISCLOSURE if position.disclosure else _LIMITS,
    ]
    return "".join(parts).encode()


def _first_seq(contents: Contents) -> int:
    return next(one.seq for one in contents.entries if one.epoch == contents.position.epoch)


def _chain(contents: Contents, option: str) -> str:
    return f" {option} data/certificates/chain.pem" if "data/certificates/chain.pem" in contents.files else ""


def _signature(contents: Contents, log_certificate: str, algorithm: Algorithm) -> list[str]:
    at = _seconds(contents.position.made_at)
    verify = f"$ openssl verify -attime {at} -partial_chain -CAfile data/certificates/ca.pem{_chain(contents, '-untrusted')} {log_certificate}\n"
    if algorithm == "ed25519":
        signed = f"$ openssl pkeyutl -verify -rawin -certin -inkey {log_certificate} -in tagmanifest-sha256.txt -sigfile tagmanifest-sha256.txt.sig\n"
    else:
        signed = (
            f"$ openssl x509 -in {log_certificate} -noout -pubkey | "
            "openssl dgst -sha256 -verify /dev/stdin -signature tagmanifest-sha256.txt.sig tagmanifest-sha256.txt\n"
        )
    return [verify, signed]


def _seals(contents: Contents) -> list[str]:
    parts = [
        "\n4. Is each docking's manifest the one that was sealed, and time-stamped?  各次接入的清单是否即封存并加盖时间戳的清单?\n\n"
    ]
    for docking, manifest in contents.manifests.items():
        stem = f"data/manifests/{docking}"
        at = _seconds(manifest["sealed_at"])
        parts.append(
            f"$ openssl cms -verify -binary -inform DER -in {stem}.p7s -content {stem}.json -CAfile data/certificates/ca.pem"
            f"{_chain(contents, '-certfile')} -partial_chain -purpose any -attime {at} -out /dev/null\n"
        )
        parts += _second_seal(contents, docking, stem, at)
        parts += [
            f"    (with the authority's certificate 需时间戳机构证书) openssl ts -verify -data {stem}.p7s -in {path} -CAfile AUTHORITY.pem\n"
            for path in sorted(contents.files)
            if path.startswith(stem) and path.endswith(".tsr")
        ]
    given = [one for one in contents.clips if one.redacted is None]
    parts += _redacted(contents)
    if not given:
        return parts
    parts.append(
        "\n   A manifest lists the digest of each sealed record; a record holds the digest of its clip. Both must be found:\n"
        "   清单列出每条封存记录的摘要, 记录含片段的摘要。两者均须能找到:\n\n"
    )
    for one in given:
        record = f"data/records/{one.docking}-{one.copied.what['position']}.json"
        parts.append(
            f"$ grep -q $(sha256sum < {record} | cut -c 1-64) data/manifests/{one.docking}.json"
            f" && grep -q $(sha256sum < {one.file} | cut -c 1-64) {record} && echo {one.clip} OK\n"
        )
        if "sm3" in one.copied.what:
            parts.append(f"$ grep -q $(openssl dgst -sm3 -r {one.file} | cut -c 1-64) {record} && echo {one.clip} SM3 OK\n")
    return parts


def _redacted(contents: Contents) -> list[str]:
    """Each copy's digest stands in the entry that approved it, beside its original's."""
    copies = [
        f'$ grep \'"state":"approved"\' data/custody/log-{one.redacted.entry.epoch}.jsonl | grep {one.sha256}'
        f" | grep -q $(sha256sum < {one.file} | cut -c 1-64) && echo {one.clip} OK\n"
        for one in contents.clips
        if one.redacted is not None
    ]
    if not copies:
        return []
    return [
        "\n   An entry of the log approved each redacted copy: it names the copy's digest and its original's. Both must be found:\n",
        "   日志中有批准每个遮蔽副本的记录, 含副本与原件的摘要。两者均须能找到:\n\n",
        *copies,
    ]


def _second_seal(contents: Contents, docking: str, stem: str, at: int) -> list[str]:
    """The SM2 signature beside the seal, of a docking that was sealed in the suite ``gm``."""
    key = next(
        (one.what["key_gm"] for one in contents.entries if one.subject == f"docking:{docking}" and "key_gm" in one.what), None
    )
    if not isinstance(key, str):
        return []
    certificate = f"data/certificates/seal-gm-{key[:16]}"
    authority = f"-CAfile data/certificates/ca.pem{_chain(contents, '-untrusted')}"
    files = f"-pubin -inkey {certificate}.pub.pem -in {stem}.json -sigfile {stem}.sm2"
    return [
        "   The same manifest, signed with SM2 (GB/T 32918, with SM3; OpenSSL 3): the key's certificate, then its signature.\n",
        "   同一清单的 SM2 签名 (GB/T 32918, 配 SM3; 需 OpenSSL 3): 先验证书, 再验签名。\n",
        f"$ openssl verify -attime {at} -partial_chain {authority} {certificate}.pem\n",
        f"$ openssl pkeyutl -verify -rawin -digest sm3 -pkeyopt distid:1234567812345678 {files}\n",
    ]


def _seconds(moment: str) -> int:
    return timegm(strptime(moment[:19], "%Y-%m-%dT%H:%M:%S"))
