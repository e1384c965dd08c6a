"""`trace`: ask the proxy as people do, and tell by which services the answer came."""

from model.commands import Trace
from model.routing import following
from model.stack import Stack
from workers.pipeline import chain
from workers.pipeline.chain import Walk
from workers.pipeline.seen import look
from workers.report import sentences
from workers.world import World


def trace(world: World, stack: Stack, said: Trace) -> str:
    """The ways of a path through the feature, and who lost the context on them. GETs alone, through the proxy, to hosts
    of the feature and of its base."""
    settings, label = world.settings, stack.spec.label
    found = following.of(stack.status.receipts)
    header = found.header if found is not None else settings.context_header
    seen = look(world)
    services, hosts = chain.members(seen.stacks, label, also=(stack.name,))
    places = chain.entries(seen.base, label, header, hosts, settings.preview)
    walks = chain.walk_all(settings, places, said.path, chain.TRACE_SECONDS)
    shown = [each for each in walks if each.entry.preview or each in chain.concerning(walks, label, services)]
    told = sentences.trace(
        [_way(each, said.path, label, header) for each in shown],
        chain.losses(shown, label, services),
        told=any(each.hop for each in shown),
        header=header,
        label=label,
    )
    return world.masker.mask(told)


def _way(walk: Walk, path: str, label: str, header: str) -> str:
    return sentences.way(walk.entry.host, path, walk.status, walk.hop, label, header="" if walk.entry.preview else header)
