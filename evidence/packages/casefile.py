"""The package as a CASE/UCO graph (JSON-LD), for programs of forensic laboratories; ``case_validate`` checks it.

CASE 1.5 and UCO 1.5 (caseontology.org, unifiedcyberontology.org). Identifiers are made from the package's own ids, so that the same
package gives the same bytes.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid5

from evidence.packages.contents import Contents, PackagedClip

_ACTIONS = {
    "docked": "acquisition begun",
    "copied": "copied from the device",
    "verified": "copy read back and compared",
    "damaged": "copied, in part unreadable",
    "empty": "empty file noted",
    "sealed": "manifest signed",
    "tagged": "tagged",
    "viewed": "viewed",
    "exported": "exported",
    "received": "received by the store",
    "time-stamped": "time-stamped",
    "evicted": "local copy let go of, kept by the store",
    "recalled": "back in the vault",
    "disposed": "disposed of, every copy removed",
}
_CONTEXT = {
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    "kb": "urn:uuid:",
    "uco-action": "https://ontology.unifiedcyberontology.org/uco/action/",
    "uco-core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "uco-observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
    "uco-tool": "https://ontology.unifiedcyberontology.org/uco/tool/",
    "uco-types": "https://ontology.unifiedcyberontology.org/uco/types/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def graph(contents: Contents) -> bytes:
    """The graph's bytes."""
    space = UUID(contents.position.package)

    def name(*parts: str) -> str:
        return f"kb:{uuid5(space, '/'.join(parts))}"

    tool = {
        "@id": name("tool"),
        "@type": "uco-tool:Tool",
        "uco-core:name": "evidence-station",
        "uco-tool:toolType": "collection workstation",
    }
    nodes: list[dict[str, Any]] = [tool]
    nodes += [_file(one, name) for one in contents.clips]
    clips = {f"clip:{one.clip}" for one in contents.clips}
    for entry in contents.entries:
        if entry.subject not in clips or entry.type not in _ACTIONS:
            continue
        node: dict[str, Any] = {
            "@id": name("entry", entry.id),
            "@type": "case-investigation:InvestigativeAction",
            "uco-core:name": _ACTIONS[entry.type],
            "uco-core:description": f"custody entry {entry.epoch}/{entry.seq}, {entry.type}",
            "uco-action:startTime": _time(json.loads(entry.body)["when"]["utc"]),
            "uco-action:instrument": {"@id": tool["@id"]},
            "uco-action:object": {"@id": name(entry.subject)},
            "uco-action:result": {"@id": name("provenance", entry.subject)},
        }
        nodes.append(node)
    nodes += [
        {
            "@id": name("provenance", f"clip:{one.clip}"),
            "@type": "case-investigation:ProvenanceRecord",
            "case-investigation:exhibitNumber": one.clip,
            "uco-core:description": f"{one.file} in package {contents.position.package}{_instead(one)}",
            "uco-core:object": {"@id": name(f"clip:{one.clip}")},
        }
        for one in contents.clips
    ]
    whole = {"@context": _CONTEXT, "@graph": nodes}
    return (json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _instead(one: PackagedClip) -> str:
    return "" if one.redacted is None else f", a redacted copy of an original with SHA-256 {one.sha256}"


def _file(one: PackagedClip, name: Any) -> dict[str, Any]:  # noqa: ANN401  # the naming function of one graph
    subject = f"clip:{one.clip}"
    return {
        "@id": name(subject),
        "@type": "uco-observable:File",
        "uco-core:hasFacet": [
            {
                "@id": name(subject, "file"),
                "@type": "uco-observable:FileFacet",
                "uco-observable:fileName": one.file.rsplit("/", 1)[-1],
                "uco-observable:filePath": one.path.decode("utf-8", "backslashreplace") or one.file,
                "uco-observable:isDirectory": False,
                "uco-observable:sizeInBytes": {"@type": "xsd:integer", "@value": str(one.file_size)},
            },
            {
                "@id": name(subject, "content"),
                "@type": "uco-observable:ContentDataFacet",
                "uco-observable:sizeInBytes": {"@type": "xsd:integer", "@value": str(one.file_size)},
                "uco-observable:hash": {
                    "@id": name(subject, "hash"),
                    "@type": "uco-types:Hash",
                    "uco-types:hashMethod": "SHA256",
                    "uco-types:hashValue": {"@type": "xsd:hexBinary", "@value": one.file_sha256},
                },
            },
        ],
    }


def _time(moment: str) -> dict[str, str]:
    return {"@type": "xsd:dateTime", "@value": moment}
