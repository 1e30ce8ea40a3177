"""The lock as a bill of materials: CycloneDX 1.6 and SPDX 2.3, both as JSON.

Both documents are functions of the lock: they hold no time, and their number is a UUID of the lock's bytes. So an
unchanged lock gives an unchanged file.

Sources: the JSON schema of CycloneDX 1.6, and the specification of SPDX 2.3.
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID, uuid5

from agentsync.model.lock import Lock, LockedPack
from agentsync.model.slot import EntryPath, SlotPath
from agentsync.reporting.supply_chain import commit_address, facts, label, package_url, url_of

_NUMBERS: Final = UUID("6f1cc1d4-6a34-5b0e-9f39-5d7a3f3b7c11")
_NO_TIME: Final = "1970-01-01T00:00:00Z"  # SPDX wants a time, and the lock has none
_PLACES: Final = ("git+https", "git+http", "git+ssh", "git+git")  # of packages, which SPDX knows


def cyclonedx(lock: Lock, data: bytes, project: str, tool: str) -> dict[str, Any]:
    """Return the lock as a CycloneDX document.

    Args:
        data: the bytes of the lock, which its serial number is made of.
        project: the name of what the packs are installed in.
        tool: the version of agentsync.
    """
    packs = sorted(lock.packs.values(), key=lambda pack: pack.name)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{_number(data, 'cyclonedx', project)}",
        "version": 1,
        "metadata": {
            "tools": {"components": [{"type": "application", "name": "agentsync", "version": tool}]},
            "component": {"type": "application", "bom-ref": "project", "name": project},
        },
        "components": [_component(pack) for pack in packs],
        "dependencies": [
            {"ref": "project", "dependsOn": [_reference(pack.name) for pack in packs if pack.is_direct]},
            *({"ref": _reference(pack.name), "dependsOn": _required(pack, lock)} for pack in packs),
        ],
    }


def _number(data: bytes, form: str, project: str) -> UUID:
    return uuid5(_NUMBERS, f"{form}\n{project}\n{data.decode('utf-8', 'surrogateescape')}")


def _reference(name: str) -> str:
    return f"pack:{name}"


def _required(pack: LockedPack, lock: Lock) -> list[str]:
    return sorted(_reference(name) for name in pack.requires if name in lock.packs)


def _component(pack: LockedPack) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "library",
        "bom-ref": _reference(pack.name),
        "name": pack.name,
        "version": label(pack),
        "purl": package_url(pack),
    }
    if pack.license:
        is_one = " " not in pack.license
        found["licenses"] = [{"license": {"id": pack.license}} if is_one else {"expression": pack.license}]
    if pack.git:
        found["externalReferences"] = [{"type": "vcs", "url": url_of(pack.git), "comment": commit_address(pack)}]
    found["properties"] = [{"name": name, "value": value} for name, value in facts(pack)]
    found["components"] = [_file(pack, slot) for slot in sorted(pack.slots, key=str)]
    return found


def _file(pack: LockedPack, slot: SlotPath) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "data" if isinstance(slot, EntryPath) else "file",
        "bom-ref": f"{_reference(pack.name)}:{slot}",
        "name": str(slot),
        "hashes": [{"alg": "SHA-256", "content": pack.slots[slot].sha256}],
    }
    if slot in pack.kept:
        upstream = pack.kept[slot]
        found["properties"] = [{"name": "agentsync:kept", "value": str(upstream) if upstream else "new"}]
    return found


def spdx(lock: Lock, data: bytes, project: str, tool: str) -> dict[str, Any]:
    """Return the lock as an SPDX document, with the arguments of `cyclonedx`.

    Files are packages of the purpose FILE: SPDX wants a SHA-1 of what it calls a file, and the lock has SHA-256 alone.
    """
    packs = sorted(lock.packs.values(), key=lambda pack: pack.name)
    ids = _spdx_ids([pack.name for pack in packs])
    relations = [_relation("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-project")]
    packages = [_package("SPDXRef-project", project, "NOASSERTION", primaryPackagePurpose="APPLICATION")]
    for pack in packs:
        packages.append(_spdx_pack(pack, ids[pack.name]))
        if pack.is_direct:
            relations.append(_relation("SPDXRef-project", "DEPENDS_ON", ids[pack.name]))
        relations += [
            _relation(ids[pack.name], "DEPENDS_ON", ids[name]) for name in sorted(pack.requires) if name in ids
        ]
        for number, slot in enumerate(sorted(pack.slots, key=str), 1):
            file = f"{ids[pack.name]}-{number}"
            packages.append(_spdx_file(pack, slot, file))
            relations.append(_relation(ids[pack.name], "CONTAINS", file))
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": project,
        "documentNamespace": f"urn:uuid:{_number(data, 'spdx', project)}",
        "creationInfo": {"created": _NO_TIME, "creators": [f"Tool: agentsync-{tool}"]},
        "packages": packages,
        "relationships": relations,
    }


def _spdx_ids(names: list[str]) -> dict[str, str]:
    """Return an identifier for each name, of the characters that SPDX takes."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        plain = identifier = f"SPDXRef-pack-{re.sub(r'[^A-Za-z0-9.]+', '-', name)}"
        number = 2
        while identifier in taken:
            identifier, number = f"{plain}.{number}", number + 1
        taken.add(identifier)
        found[name] = identifier
    return found


def _relation(one: str, kind: str, other: str) -> dict[str, str]:
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}


def _package(identifier: str, name: str, location: str, **more: Any) -> dict[str, Any]:
    return {
        "SPDXID": identifier,
        "name": name,
        "downloadLocation": location,
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION",
        **more,
    }


def _spdx_pack(pack: LockedPack, identifier: str) -> dict[str, Any]:
    inside = f"#{pack.path}" if pack.path not in ("", ".") else ""
    more: Mapping[str, Any] = {
        "versionInfo": label(pack),
        "primaryPackagePurpose": "LIBRARY",
        "licenseDeclared": pack.license or "NOASSERTION",
        "externalRefs": [
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": package_url(pack),
            }
        ],
        "comment": "\n".join(f"{name}={value}" for name, value in facts(pack)),
    }
    address = commit_address(pack)
    is_known = address.partition("://")[0] in _PLACES
    return _package(identifier, pack.name, f"{address}{inside}" if is_known else "NOASSERTION", **more)


def _spdx_file(pack: LockedPack, slot: SlotPath, identifier: str) -> dict[str, Any]:
    return _package(
        identifier,
        str(slot),
        "NOASSERTION",
        packageFileName=str(slot),
        primaryPackagePurpose="FILE",
        checksums=[{"algorithm": "SHA256", "checksumValue": pack.slots[slot].sha256}],
    )
