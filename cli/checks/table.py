"""The checks, in the order in which they are told."""

from cli.checks import broker, certificate, dns, github, kubernetes, registry, rights, traefik
from cli.checks.running import Check

CLUSTER = "set DEVSTACK_KUBECONFIG, or run this in the cluster: `kubectl exec deploy/<release>-devstack-work -- devstack doctor`"

CHECKS: tuple[Check, ...] = (
    Check("cluster", "the Kubernetes API answers", kubernetes.answers, remedy=CLUSTER),
    Check("crds", "the kinds of objects are there, in versions that fit", kubernetes.kinds, in_cluster=True),
    Check("rights", "the bot may do all that it does", rights.look, seconds=30.0, in_cluster=True),
    Check("entrypoints", "Traefik has the entry points of the settings", traefik.entrypoints, in_cluster=True),
    Check("traefik", "Traefik does what routes of stacks need", traefik.flags, in_cluster=True),
    Check("guards", "who may choose a stack, and the middlewares for it", traefik.guards, in_cluster=True),
    Check("dns", "preview hosts lead to where base hosts lead", dns.look, in_cluster=True),
    Check("certificate", "preview hosts have a certificate that is good", certificate.look, in_cluster=True),
    Check("registry", "images can be pushed and deleted", registry.look, remedy=registry.REACH),
    Check("redis", "the queue takes what it is given", broker.look, remedy=broker.REACH),
    Check(
        "github", "GitHub lets us in and tells us what happens", github.look, seconds=30.0,
        remedy="check DEVSTACK_GITHUB_API_URL, and DEVSTACK_GITHUB_TOKEN or the App's id and key",
    ),
)  # fmt: skip
