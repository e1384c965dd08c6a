"""What the bot's account may do, asked of the cluster: the same rights as the chart's RBAC gives (`helm/bot`)."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from cli.checks.finding import Finding, bad, good, warning
from cli.checks.subject import Subject
from model.stack import Role
from workers.cluster.client import Resource

REVIEWS = Resource("authorization.k8s.io/v1", "selfsubjectaccessreviews", namespaced=False)
ANY_STACK = "devstack-doctor"  # stands for the namespace of a stack: they have names of their own
AT_ONCE = 8
READ = ("get", "list", "watch")
ALL = (*READ, "create", "update", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Right:
    """What must be allowed: a group's kinds (`kind/subresource`) and what is done to them."""

    group: str
    kinds: tuple[str, ...]
    verbs: tuple[str, ...]

    def questions(self) -> Iterator[tuple[str, str, str]]:
        """(group, kind, verb)."""
        for kind in self.kinds:
            for verb in self.verbs:
                yield self.group, kind, verb


# Across the cluster, `{traefik}` being the API group that the cluster serves or the settings name.
WIDE = (
    Right("devstack.dev", ("stacks",), ALL),
    Right("devstack.dev", ("stacks/status",), ("get", "update", "patch")),
    Right("", ("namespaces",), (*READ, "create", "patch", "delete")),
    Right("{traefik}", ("ingressroutes", "middlewares"), READ),
    Right("{traefik}", ("traefikservices", "ingressroutetcps", "ingressrouteudps"), READ),
    Right("{traefik}", ("tlsstores",), ("list",)),
    Right("", ("pods", "services"), READ),
    Right("apps", ("deployments", "statefulsets", "daemonsets", "replicasets"), READ),
    Right("batch", ("jobs", "cronjobs"), READ),
)
# Where stacks live.
IN_STACKS = (
    Right("", ("configmaps", "secrets", "services", "serviceaccounts", "pods"), ALL),
    Right("", ("persistentvolumeclaims",), ALL),
    Right("", ("pods/log", "events"), ("get", "list")),
    Right("apps", ("deployments", "statefulsets"), ALL),
    Right("batch", ("jobs",), ALL),
    Right("rbac.authorization.k8s.io", ("roles", "rolebindings"), ALL),
    Right("{traefik}", ("ingressroutes", "middlewares", "traefikservices"), ALL),
)
# In the bot's own namespace, where there is a hook image.
AT_HOME = (
    Right("", ("pods",), (*READ, "create", "delete")),
    Right("", ("pods/log",), ("get",)),
)
REMEDY = "give the bot's account the rights of helm/bot/templates/rbac.yaml (`rbac.create`, `rbac.namespaces`)"


def look(subject: Subject) -> Iterator[Finding]:
    """Each right by its own question."""
    settings = subject.settings
    yield from told(WIDE, "across the cluster", refused(subject, WIDE, ""))
    bases = sorted({each.status.namespace for each in subject.stacks if each.spec.role is Role.BASE} - {""})
    yield from in_stacks(
        refused(subject, IN_STACKS, ANY_STACK), {each: refused(subject, IN_STACKS, each) for each in bases}
    )
    if settings.hook_image:
        where = f"in the bot's namespace `{settings.namespace}`"
        yield from told(AT_HOME, where, refused(subject, AT_HOME, settings.namespace))


def in_stacks(own: Sequence[str], bases: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """Stacks live in namespaces of their own; with `namespace: base` they need no right but in the base's."""
    if own and bases and not any(bases.values()):
        listed = ", ".join(f"`{each}`" for each in bases)
        yield warning(
            f"stacks can live in {listed} only, beside the base",
            "for a namespace per stack leave the chart's `rbac.namespaces` empty; else write `namespace: base`",
        )
        return
    yield from told(IN_STACKS, "in a stack's own namespace", own)
    for namespace, missing in bases.items():
        yield from told(IN_STACKS, f"in the base's namespace `{namespace}`", missing)


def told(rights: Sequence[Right], where: str, missing: Sequence[str]) -> Iterator[Finding]:
    """One finding for one place."""
    if missing:
        shown = ", ".join(missing[:6]) + (f" and {len(missing) - 6} more" if len(missing) > 6 else "")
        yield bad(f"may not {shown} {where}", REMEDY)
    else:
        yield good(f"all {sum(1 for right in rights for _ in right.questions())} rights {where}")


def refused(subject: Subject, rights: Sequence[Right], namespace: str) -> list[str]:
    """What is not allowed, as in `create deployments.apps`. An empty namespace stands for all of them."""
    traefik = subject.world.dialect.group
    questions = [
        (group.format(traefik=traefik), kind, verb) for right in rights for group, kind, verb in right.questions()
    ]

    def allowed(question: tuple[str, str, str]) -> bool:
        group, kind, verb = question
        plural, _, subresource = kind.partition("/")
        attributes = {
            "group": group,
            "resource": plural,
            "subresource": subresource,
            "verb": verb,
            "namespace": namespace,
        }
        answer = subject.world.cluster.create(REVIEWS, {
            "apiVersion": REVIEWS.api_version, "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {key: value for key, value in attributes.items() if value}},
        })  # fmt: skip
        return bool(answer["status"].get("allowed"))

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="rights") as pool:
        found = list(pool.map(allowed, questions))
    return [
        f"{verb} {kind}{f'.{group}' if group else ''}"
        for (group, kind, verb), allows in zip(questions, found, strict=True)
        if not allows
    ]
