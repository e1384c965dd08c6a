"""What people do on GitHub, each as one function: the REST API, the page and the story all come here."""

from pathlib import Path
from typing import Any

from playground.github import gitrepos
from playground.github.faults import Faults
from playground.github.gitrepos import ZERO
from playground.github.shapes import Shapes
from playground.github.store import Comment, Hook, Pull, Reaction, Repo, Status, Store, User, now
from playground.github.webhooks import Webhooks

Json = dict[str, Any]


class GitHubWorld:
    """The state, and the ways to change it. Every change tells the webhooks."""

    def __init__(self, folder: Path, api: str, web: str) -> None:
        self.store = Store(folder)
        self.shapes = Shapes(api, web)
        self.faults = Faults()
        self.webhooks = Webhooks(self.store, self.faults)

    def create_repo(self, owner: str, name: str, files: dict[str, bytes], branch: str = "main") -> Repo:
        """A repository with a first commit."""
        repo = Repo(self.store.id(), self.store.user(owner), name, self.store.folder / owner / f"{name}.git", branch)
        gitrepos.create(repo.git, branch)
        gitrepos.commit(repo.git, branch, files, "First commit", None)
        self.store.repos[repo.full_name.lower()] = repo
        return repo

    def fork(self, repo: Repo, login: str) -> Repo:
        """A copy that belongs to somebody else."""
        owner = self.store.user(login)
        fork = Repo(
            self.store.id(), owner, repo.name, self.store.folder / login / f"{repo.name}.git", repo.default_branch, repo
        )
        gitrepos.create(fork.git, repo.default_branch)
        gitrepos.fetch(fork.git, repo.git, "+refs/heads/*:refs/heads/*")
        self.store.repos[fork.full_name.lower()] = fork
        return fork

    def delete_repo(self, repo: Repo) -> None:
        """A repository goes; pull requests from it keep their commits and lose their head repository."""
        del self.store.repos[repo.full_name.lower()]
        for other in self.store.repos.values():
            for pull in other.pulls.values():
                if pull.head_repo is repo:
                    pull.head_repo = None

    def add_hook(self, repo: Repo, url: str, secret: str, events: list[str]) -> Hook:
        """A webhook, greeted with a ping."""
        hook = Hook(self.store.id(), url, secret, events)
        repo.hooks.append(hook)
        ping = {"zen": "Keep it logically awesome.", "hook_id": hook.id, "hook": self.shapes.hook(repo, hook)}
        self.webhooks.emit(repo, "ping", {**ping, **self._context(repo, repo.owner)}, hook)
        return hook

    def push(
        self, repo: Repo, branch: str, files: dict[str, bytes | None], message: str, by: User, start: str = ""
    ) -> str:
        """Commit files on a branch, made from `start` (the default branch) where it is new."""
        before = gitrepos.head(repo.git, f"refs/heads/{branch}")
        parent = before or gitrepos.head(repo.git, f"refs/heads/{start or repo.default_branch}")
        after = gitrepos.commit(repo.git, branch, files, message, parent)
        self.moved(repo, branch, before or ZERO, after, by)
        return after

    def moved(self, repo: Repo, branch: str, before: str, after: str, by: User) -> None:
        """A branch points elsewhere: tell of the push, and bring its pull requests up to it."""
        url = f"{self.shapes.web}/{repo.full_name}/compare/{before[:12]}...{after[:12]}"
        person = {"name": by.login, "email": f"{by.login}@example.com"}
        self.webhooks.emit(repo, "push", {
            "ref": f"refs/heads/{branch}", "before": before, "after": after, "created": before == ZERO, "deleted": after == ZERO,
            "forced": False, "base_ref": None, "compare": url, "commits": [], "pusher": person,
            "head_commit": None, **self._context(repo, by, push=True),
        })  # fmt: skip
        for base in list(self.store.repos.values()):
            for pull in base.pulls.values():
                if pull.state == "open" and pull.head_repo is repo and pull.head_ref == branch and after != ZERO:
                    self._synchronize(base, pull, before, after, by)

    def _synchronize(self, base: Repo, pull: Pull, before: str, after: str, by: User) -> None:
        pull.head_sha = after
        pull.updated_at = now()
        self._keep_head(base, pull)
        self._emit_pull(base, pull, "synchronize", by, before=before, after=after)

    def _keep_head(self, base: Repo, pull: Pull) -> None:
        if pull.head_repo is not None and pull.head_repo is not base:
            gitrepos.fetch(base.git, pull.head_repo.git, f"+refs/heads/{pull.head_ref}:refs/pull/{pull.number}/head")
        else:
            gitrepos.git(base.git, "update-ref", f"refs/pull/{pull.number}/head", pull.head_sha)

    def open_pull(self, base: Repo, head: Repo, branch: str, title: str, body: str, by: User, labels: list[str]) -> Pull:
        """Open a pull request."""
        sha = gitrepos.head(head.git, f"refs/heads/{branch}")
        base_sha = gitrepos.head(base.git, f"refs/heads/{base.default_branch}")
        if sha is None or base_sha is None:
            raise KeyError(branch)
        number = max(base.pulls, default=0) + 1
        pull = Pull(
            self.store.id(), number, by, title, body, head, branch, sha, base.default_branch, base_sha, labels=labels
        )
        base.pulls[number] = pull
        self._keep_head(base, pull)
        self._emit_pull(base, pull, "opened", by)
        return pull

    def edit_pull(self, repo: Repo, pull: Pull, changes: Json, by: User) -> None:
        """Change title, body or base branch."""
        said: Json = {}
        for name in ("title", "body"):
            if name in changes and changes[name] != getattr(pull, name):
                said[name] = {"from": getattr(pull, name)}
                setattr(pull, name, changes[name] or "")
        if changes.get("base") and changes["base"] != pull.base_ref:
            said["base"] = {"ref": {"from": pull.base_ref}, "sha": {"from": pull.base_sha}}
            pull.base_ref = changes["base"]
            pull.base_sha = gitrepos.head(repo.git, f"refs/heads/{pull.base_ref}") or pull.base_sha
        if said:
            pull.updated_at = now()
            self._emit_pull(repo, pull, "edited", by, changes=said)

    def close_pull(self, repo: Repo, pull: Pull, by: User) -> None:
        """Close without merging."""
        pull.state, pull.closed_at, pull.updated_at = "closed", now(), now()
        self._emit_pull(repo, pull, "closed", by)

    def reopen_pull(self, repo: Repo, pull: Pull, by: User) -> None:
        """Open again."""
        pull.state, pull.closed_at, pull.updated_at = "open", None, now()
        self._emit_pull(repo, pull, "reopened", by)

    def merge_pull(self, repo: Repo, pull: Pull, by: User) -> str:
        """Merge with a merge commit, which is a push to the base branch too."""
        before = gitrepos.head(repo.git, f"refs/heads/{pull.base_ref}") or ZERO
        made = gitrepos.merge(
            repo.git, pull.base_ref, before, pull.head_sha, f"Merge pull request #{pull.number}\n\n{pull.title}"
        )
        pull.state, pull.merge_commit_sha, pull.merged_by = "closed", made, by
        pull.merged_at = pull.closed_at = pull.updated_at = now()
        self._emit_pull(repo, pull, "closed", by)
        self.moved(repo, pull.base_ref, before, made, by)
        return made

    def label_pull(self, repo: Repo, pull: Pull, name: str, by: User, *, add: bool) -> None:
        """Add or remove a label."""
        if add == (name in pull.labels):
            return
        pull.labels = [*pull.labels, name] if add else [each for each in pull.labels if each != name]
        self._emit_pull(repo, pull, "labeled" if add else "unlabeled", by, label=self.shapes.label(repo, name))

    def comment(self, repo: Repo, pull: Pull, body: str, by: User) -> Comment:
        """Write a comment."""
        comment = Comment(self.store.id(), by, body)
        pull.comments.append(comment)
        self.webhooks.emit(repo, "issue_comment", {
            "action": "created", "issue": self.shapes.issue(repo, pull), "comment": self.shapes.comment(repo, pull, comment),
            **self._context(repo, by),
        })  # fmt: skip
        return comment

    def react(self, comment: Comment, content: str, by: User) -> tuple[Reaction, bool]:
        """Leave a reaction; whether it is new."""
        for each in comment.reactions:
            if each.user is by and each.content == content:
                return each, False
        reaction = Reaction(self.store.id(), by, content)
        comment.reactions.append(reaction)
        return reaction, True

    def set_status(self, repo: Repo, sha: str, given: Json, by: User) -> Status:
        """Set a commit status."""
        status = Status(self.store.id(), sha, given["state"], given.get("context") or "default", given.get("description"),
                        given.get("target_url"), by)  # fmt: skip
        repo.statuses.append(status)
        return status

    def _emit_pull(self, repo: Repo, pull: Pull, action: str, by: User, **more: Any) -> None:
        self.webhooks.emit(repo, "pull_request", {
            "action": action, "number": pull.number, "pull_request": self.shapes.pull(repo, pull, full=True), **more,
            **self._context(repo, by),
        })  # fmt: skip

    def _context(self, repo: Repo, by: User, *, push: bool = False) -> Json:
        shape = self.shapes.repo(repo)
        if push:  # here GitHub gives these as numbers
            shape |= {"created_at": int(repo.created_at.timestamp()), "pushed_at": int(now().timestamp())}
        context = {"repository": shape, "sender": self.shapes.user(by)}
        app = self.store.app
        return (
            {**context, "installation": {"id": app.installation, "node_id": "MDIzOkludGVncmF0aW9u"}} if app else context
        )
