"""GitHub lets us in, lets us do our work, and sends us what happens."""

from collections.abc import Iterator, Mapping, Sequence

from cli.checks.finding import Finding, bad, good, skipped, warning
from cli.checks.subject import Subject
from workers.github.standing import Hook, Inspection, Standing

PERMISSIONS = {
    "metadata": "read",
    "contents": "read",
    "pull_requests": "read",
    "issues": "write",
    "statuses": "write",
}
EVENTS = ("pull_request", "issue_comment", "push")
SCOPE = "repo"
RANKS = ("read", "write", "admin")
PATH = "/webhooks/github"
REPOSITORIES_MOST = 10  # of which the webhooks are looked at
SOME_LEFT = 0.1  # of the limit; less is told


def look(subject: Subject) -> Iterator[Finding]:
    """Who we are, what we may do, and which webhooks there are."""
    inspection = Inspection(subject.settings, subject.world.masker.learn)
    standing = inspection.standing()
    yield from of_standing(standing)
    if standing.app:
        hook = inspection.app_hook()
        yield from of_hooks("the App", None if hook is None else [hook], standing.events)
        return
    active = {stack.spec.repository for stack in subject.stacks} & set(standing.repositories)
    for repository in sorted(active or standing.repositories)[:REPOSITORIES_MOST]:
        yield from of_hooks(repository, inspection.hooks(repository))


def of_standing(standing: Standing) -> Iterator[Finding]:
    """Rights and limit."""
    who = f"App `{standing.login}`" if standing.app else f"`{standing.login}`"
    count = len(standing.repositories)
    if not count:
        where = "install the App on the repositories" if standing.app else "give the account or its token repositories"
        yield bad(f"GitHub knows us as {who}, and shows us no repository", where)
    else:
        yield good(f"GitHub knows us as {who} and shows us {count} repositor{'y' if count == 1 else 'ies'}")
    lacking = lacks(standing.permissions) if standing.app else []
    if lacking:
        listed = ", ".join(f"{name.replace('_', ' ')}: {level}" for name, level in lacking)
        yield bad(
            f"the App lacks rights: {listed}", "add them in the App's settings, then accept them where it is installed"
        )
    if standing.scopes is not None and SCOPE not in standing.scopes:
        yield bad(
            f"the token has the scopes {', '.join(standing.scopes) or 'none'}", f"make one with the scope `{SCOPE}`"
        )
    if standing.limit and standing.remaining < standing.limit * SOME_LEFT:
        yield warning(
            f"{standing.remaining} of {standing.limit} requests are left this hour",
            "use a GitHub App (its limit grows with the repositories), or lower DEVSTACK_GITHUB_REQUESTS_PER_HOUR",
        )
    elif standing.limit:
        yield good(f"{standing.remaining} of {standing.limit} requests are left this hour")


def lacks(permissions: Mapping[str, str]) -> list[tuple[str, str]]:
    """The rights that an App needs and has not."""
    return [
        (name, level) for name, level in PERMISSIONS.items() if permissions.get(name) not in RANKS[RANKS.index(level) :]
    ]


def of_hooks(whose: str, hooks: Sequence[Hook] | None, app_events: Sequence[str] = ()) -> Iterator[Finding]:
    """The webhooks of a repository or of the App. `app_events`: an App is told its events elsewhere."""
    if hooks is None:
        yield skipped(f"webhooks of {whose} are not shown to us", f"see in GitHub that one leads to `…{PATH}`")
        return
    ours = [each for each in hooks if each.url.rstrip("/").endswith(PATH)]
    if not ours:
        yield warning(
            f"{whose} has no webhook to `…{PATH}`",
            "add one (JSON, with the webhook secret), unless the organization has it",
        )
    for each in ours:
        yield from of_hook(whose, each, app_events or each.events)


def of_hook(whose: str, hook: Hook, events: Sequence[str]) -> Iterator[Finding]:
    """One webhook that leads to us."""
    missing = [each for each in EVENTS if each not in events and "*" not in events]
    if not hook.active:
        yield bad(f"the webhook of {whose} is off", "make it active")
    if not hook.json:
        yield bad(f"the webhook of {whose} sends forms", "set its content type to `application/json`")
    if not hook.secret:
        yield bad(f"the webhook of {whose} has no secret", "set it to the value of DEVSTACK_GITHUB_WEBHOOK_SECRET")
    if missing:
        yield bad(f"the webhook of {whose} leaves out {', '.join(missing)}", "choose these events there too")
    if hook.last >= 300:
        yield bad(f"the newest delivery to {hook.url} was answered {hook.last}", "see “Recent deliveries” in GitHub")
    if hook.active and hook.json and hook.secret and not missing and hook.last < 300:
        yield good(f"the webhook of {whose} leads to {hook.url}")
