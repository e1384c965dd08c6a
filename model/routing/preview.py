"""What an operator's settings say of a stack's routes besides the base's own: preview names, their TLS, guards."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model import names

_PROVIDED = re.compile(r"[A-Za-z0-9][-._A-Za-z0-9]*@[a-z][a-z0-9-]*")
_PLACED = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?/[a-z0-9]([-.a-z0-9]*[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Preview:
    """Empty values stand for "as the base has it"."""

    domains: tuple[str, ...] = ()  # preview hosts are one DNS label below one of these
    entrypoints: tuple[str, ...] = ()  # where preview hosts are served
    tls: bool = False  # preview hosts are served by TLS even where the base's route is not
    cert_resolver: str = ""  # Traefik's, asked for the wildcard below the domain
    middlewares: tuple[str, ...] = ()  # before every preview route: `namespace/name` or `name@provider`
    header_entrypoints: tuple[str, ...] = ()  # the only ones where the context header chooses a stack
    header_middlewares: tuple[str, ...] = ()  # before every route by header

    def host(self, label: str, base_host: str) -> str:
        """The preview host of a base host."""
        return names.preview_host(label, base_host, self.domains)

    def places(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        """What of a base IngressRoute's spec is different for preview hosts: entry points and TLS.

        The certificate comes by the host's name from those that Traefik has loaded, so no Secret is named.
        """
        given: dict[str, Any] = {"entryPoints": list(self.entrypoints)} if self.entrypoints else {}
        carried = dict(spec.get("tls") or {})
        if not self.tls and spec.get("tls") is None:
            return given
        if self.tls:
            carried = {key: value for key, value in carried.items() if key == "options"}
        if self.cert_resolver:
            carried["certResolver"] = self.cert_resolver
            if self.domains:
                carried["domains"] = [{"main": f"*.{each}"} for each in self.domains]
        return {**given, "tls": carried}

    def header_places(self, entrypoints: Sequence[str]) -> tuple[str, ...] | None:
        """Of a base route's entry points (none: Traefik's default ones) those where the header counts; None for none."""
        if not self.header_entrypoints:
            return tuple(entrypoints)
        kept = tuple(each for each in self.header_entrypoints if not entrypoints or each in entrypoints)
        return kept or None


AS_BASE = Preview()


def is_placed(text: str) -> bool:
    """Whether `text` is `namespace/name`."""
    return _PLACED.fullmatch(text) is not None


def reference(text: str) -> dict[str, str]:
    """A middleware as a route names it; names.InvalidNameError where `text` is neither `namespace/name` nor
    `name@provider`."""
    if _PROVIDED.fullmatch(text):
        return {"name": text}
    if not is_placed(text):
        raise names.InvalidNameError(f"`{text}` is no middleware: write `namespace/name` or `name@provider`")
    namespace, _, name = text.partition("/")
    return {"name": name, "namespace": namespace}


def references(texts: Sequence[str]) -> list[dict[str, str]]:
    """Several of them, in their order."""
    return [reference(each) for each in texts]
