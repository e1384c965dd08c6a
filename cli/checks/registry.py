"""The image registry lets us in, takes what we push, and lets it be deleted."""

import secrets
from collections.abc import Iterator

from cli.checks.finding import Finding, bad, good, warning
from cli.checks.subject import Subject
from workers.faults import OurFault, Unavailable
from workers.registry.client import DeletionRefused

REPOSITORY = "devstack-doctor"
AUTH = "check the Secret behind the chart's `registryAuth.existingSecret` (DEVSTACK_REGISTRY_AUTH_FILE)"


def look(subject: Subject) -> Iterator[Finding]:
    """Push a few bytes that nobody else has, see them there, delete them."""
    settings = subject.settings
    if not settings.registry:
        yield bad("no registry is set", "set DEVSTACK_REGISTRY to where images go, as in `registry.example.com/acme`")
        return
    repository = f"{settings.registry}/{REPOSITORY}"
    try:
        digest = subject.world.registry.push_blob(repository, secrets.token_bytes(32))
    except Unavailable as fault:
        yield bad(fault.detail or str(fault), REACH)
        return
    except OurFault as fault:
        yield bad(f"nothing can be pushed to `{settings.registry}`: {fault}", AUTH)
        return
    yield good(f"`{settings.registry}` took a push of ours")
    try:
        subject.world.registry.delete_blob(repository, digest)
    except DeletionRefused:
        yield warning(
            f"`{settings.registry}` does not let anything be deleted: images of stacks that are gone stay there",
            "allow it (for the registry of CNCF: `storage.delete.enabled`), or give its repositories a retention rule",
        )
    else:
        yield good("what was pushed could be deleted again")


REACH = "see that DEVSTACK_REGISTRY is right and reached from here; for plain HTTP set DEVSTACK_REGISTRY_INSECURE=true"
