"""Read the settings of Claude Code as far as they are about plug-ins (https://code.claude.com/docs/en/plugins-reference)."""

from __future__ import annotations

from typing import Any, Final

from agentsync.model.imported import ForeignPack, Imported, Lost, Texts
from agentsync.registries.foreign import Reader, json_of, repository, rows, table, text

_SETTINGS: Final = (".claude/settings.json", ".claude/settings.local.json")
_MARKETS: Final = ".claude/plugins/known_marketplaces.json"
_INSTALLED: Final = ".claude/plugins/installed_plugins.json"
_OWN: Final = {"claude-plugins-official": "github:anthropics/claude-plugins-official"}


def _read(texts: Texts) -> Imported:
    packs: list[ForeignPack] = []
    lost: list[Lost] = []
    advice: list[str] = []
    known = {name: table(table(one).get("source")) for name, one in json_of(texts, _MARKETS).items()}
    installed = table(json_of(texts, _INSTALLED).get("plugins"))
    for origin in _SETTINGS:
        settings = json_of(texts, origin)
        named = {name: table(table(one).get("source")) for name, one in _tables(settings, "extraKnownMarketplaces")}
        for key, value in table(settings.get("enabledPlugins")).items():
            plugin, _, market = key.rpartition("@")
            if value is False:
                lost.append(Lost(origin, f"enabledPlugins.{key}", "it is not enabled"))
                continue
            source = (known | named).get(market, {})
            where = _repository(source) or _OWN.get(market, "")
            if not where:
                kind = text(source.get("source")) or "unknown"
                lost.append(Lost(origin, f"enabledPlugins.{key}", f"the source of {market} is of kind {kind}"))
                continue
            commits = [text(table(one).get("gitCommitSha")) for one in rows(installed.get(key))]
            commit = next(filter(None, commits), "")
            packs.append(
                ForeignPack(origin, plugin, git=where, commit=commit, market=market, ref=text(source.get("ref")))
            )
            advice.append(f"claude plugin disable {key}")
    told = (f"plug-in and copy would both be loaded; when all is well, disable the plug-ins: {'; '.join(advice)}",)
    return Imported(tuple(packs), tuple(lost), told if advice else ())


def _tables(settings: dict[str, Any], key: str) -> list[tuple[str, Any]]:
    return list(table(settings.get(key)).items())


def _repository(source: dict[str, Any]) -> str:
    """Return the repository of a list of plug-ins, as a manifest writes it; "" where it is none."""
    kind = source.get("source")
    if kind == "github":
        return repository(text(source.get("repo")))[0]
    if kind in ("git", "url"):
        url = text(source.get("url"))
        return "" if url.endswith(".json") else url
    return text(source.get("path")) if kind == "directory" else ""


PLUGINS: Final = Reader("plugins", _SETTINGS, (_MARKETS, _INSTALLED), _read)
