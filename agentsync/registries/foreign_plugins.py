"""Read the settings of Claude Code as far as they are about plug-ins (https://code.claude.com/docs/en/plugins-reference)."""

from __future__ import annotations

from typing import Any, Final

from agentsync.model.imported import ForeignPack, Imported, Lost, Texts
from agentsync.platform.links import real_path
from agentsync.registries.foreign import Reader, json_of, repository, rows, table, table_at, text

_SETTINGS: Final = {".claude/settings.json": "project", ".claude/settings.local.json": "local"}
_MARKETS: Final = ".claude/plugins/known_marketplaces.json"
_INSTALLED: Final = ".claude/plugins/installed_plugins.json"
_OWN: Final = {"claude-plugins-official": "github:anthropics/claude-plugins-official"}
_EXTRA: Final = ("extraKnownMarketplaces", "additionalMarketplaces")  # the second is another word for the first
_LOST: Final = {
    "pluginConfigs": "the options of plug-ins stay in the settings",
    "strictKnownMarketplaces": "write `policy: {registries: [...]}` into agentsync.yaml",
    "blockedMarketplaces": "write `policy: {registries: [...]}` into agentsync.yaml",
}


def _read(texts: Texts, root: str) -> Imported:
    packs: list[ForeignPack] = []
    lost: list[Lost] = []
    disabling: list[str] = []
    known = {name: table(table(one).get("source")) for name, one in json_of(texts, _MARKETS).items()}
    installed = table(json_of(texts, _INSTALLED).get("plugins"))
    for origin, scope in _SETTINGS.items():
        settings = json_of(texts, origin)
        for key in _EXTRA:
            known |= {name: table(table(one).get("source")) for name, one in table_at(origin, settings, key).items()}
        lost += [Lost(origin, key, why) for key, why in _LOST.items() if settings.get(key)]
        for key, value in table_at(origin, settings, "enabledPlugins").items():
            found = _plugin(origin, key, value, known)
            if isinstance(found, Lost):
                lost.append(found)
                continue
            rows_of = [table(one) for one in rows(installed.get(key))]
            one = next(iter(sorted(rows_of, key=lambda one: _distance(one, scope, root))), {})
            packs.append(found._replace(commit=text(one.get("gitCommitSha"))))
            disabling.append(f"claude plugin disable {key} --scope {text(one.get('scope')) or scope}")
    told = f"plug-in and copy would both be loaded; when all is well, disable the plug-ins: {'; '.join(disabling)}"
    return Imported(tuple(packs), tuple(lost), (told,) if disabling else ())


def _plugin(origin: str, key: str, value: object, known: dict[str, dict[str, Any]]) -> ForeignPack | Lost:
    plugin, _, market = key.rpartition("@")
    if value is False:
        return Lost(origin, f"enabledPlugins.{key}", "it is not enabled")
    source = known.get(market, {})
    where = _repository(source) or _OWN.get(market, "")
    if not where:
        kind = text(source.get("source")) or "unknown"
        return Lost(origin, f"enabledPlugins.{key}", f"the source of {market} is of kind {kind}")
    return ForeignPack(origin, plugin, git=where, market=market, ref=text(source.get("ref")))


def _distance(installed: dict[str, Any], scope: str, root: str) -> tuple[bool, bool]:
    """Return how well what is installed fits what is asked for: a plug-in may be installed in many projects."""
    where = text(installed.get("projectPath"))
    is_here = not where or real_path(where) == real_path(root)
    return not is_here, installed.get("scope") != scope


def _repository(source: dict[str, Any]) -> str:
    """Return the repository of a list of plug-ins, as a manifest writes it; "" where it is none."""
    kind = source.get("source")
    if kind == "github":
        return repository(text(source.get("repo")))[0]
    if kind in ("git", "url"):
        url = text(source.get("url"))
        return "" if url.endswith(".json") else url
    return text(source.get("path")) if kind == "directory" else ""


PLUGINS: Final = Reader("plugins", tuple(_SETTINGS), (), _read, (_MARKETS, _INSTALLED))
