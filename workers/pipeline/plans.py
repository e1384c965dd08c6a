"""UP and DOWN as tuples of steps: the whole flow at a glance."""

from model.stack import Phase
from workers.pipeline import (
    build,
    checkout,
    collect,
    describe,
    namespace,
    prove,
    release,
    select,
    tidy,
    trust,
    uninstall,
    unprovision,
    unroute,
    values,
    verify,
)
from workers.pipeline.steps import Step

UP: tuple[Step, ...] = (
    Step("Preparing", Phase.BUILDING, trust.act),  # may this code run here, under this label?
    Step("Preparing", Phase.BUILDING, checkout.act),  # the commit's files, by SHA
    Step("Preparing", Phase.BUILDING, describe.act),  # .devstack.yaml
    Step("Preparing", Phase.BUILDING, select.act),  # which services the change touches
    Step("Building", Phase.BUILDING, build.act),  # an image for each, reused where the content is known
    Step("Deploying", Phase.DEPLOYING, values.act),  # what every helmfile is given
    Step("Deploying", Phase.DEPLOYING, release.act),  # helmfile sync, routes beside it
    Step("Verifying", Phase.VERIFYING, verify.act),  # the very digests run, the routes answer as promised
    Step("Verifying", Phase.VERIFYING, tidy.act),  # old releases and images, now that nobody needs them
)

DOWN: tuple[Step, ...] = (
    Step("Routes", Phase.REMOVING, unroute.act),  # first, until the proxy has let go of them
    Step("Releases", Phase.REMOVING, uninstall.act),
    Step("Resources", Phase.REMOVING, unprovision.act),  # what the releases' own hooks could not remove
    Step("Images", Phase.REMOVING, collect.act),  # those that nothing refers to any more
    Step("Namespace", Phase.REMOVING, namespace.act),
    Step("Proof", Phase.REMOVING, prove.act),  # asked anew of every system, by mark
)
