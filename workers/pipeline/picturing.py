"""What a person sees of the routes after a deploy: the way of a request, and a warning where a service loses the context."""

from model.routing import routing_table
from model.stack import Role
from workers.pipeline import chain
from workers.pipeline.run import Run
from workers.pipeline.seen import look
from workers.report import picture, sentences

WARNINGS_MOST = 3


def tell(run: Run) -> None:
    """Walk the chain from the feature's front pages, and put what came of it into the comment. A lost context is a
    warning: the deploy is what it should be. Where no service tells of its hops, the picture is of the routes alone."""
    spec, world = run.stack.spec, run.world
    if spec.role is Role.BASE:
        return
    header = run.values["context_header"]
    seen = look(world)
    services, hosts = chain.members(seen.stacks, spec.label)
    services |= set(run.chosen)
    own = tuple(dict.fromkeys([*(host for each in run.services.values() for host in each.hosts), *hosts]))
    places = chain.entries(seen.base, spec.label, header, own, world.settings.preview)
    walks = chain.walk_all(world.settings, places, "/", chain.VERIFY_SECONDS)
    telling = chain.concerning(walks, spec.label, services)
    losses = chain.losses(telling, spec.label, services)
    if telling:
        drawn = picture.of_hops([(each.entry.host, each.hop) for each in telling if each.hop], spec.label, losses)
    else:
        drawn = picture.of_routes(routing_table.rows(seen.routes, seen.features), spec.label, own)
    warnings = [sentences.lost(each, header, spec.label) for each in losses[:WARNINGS_MOST]]
    run.narrator.update(picture=drawn, notes=(*run.narrator.view.notes, *warnings))
