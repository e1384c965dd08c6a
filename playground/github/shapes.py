"""GitHub's JSON, field by field as its published description has it."""

import base64
from datetime import datetime
from typing import Any

from playground.github import gitrepos
from playground.github.store import (
    ROLES,
    Comment,
    Delivery,
    Deployment,
    DeploymentStatus,
    Hook,
    Pull,
    Reaction,
    Repo,
    Status,
    User,
)

Json = dict[str, Any]
_REPO_URLS = {
    "archive_url": "/{archive_format}{/ref}", "assignees_url": "/assignees{/user}", "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}", "collaborators_url": "/collaborators{/collaborator}", "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}", "compare_url": "/compare/{base}...{head}", "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors", "deployments_url": "/deployments", "downloads_url": "/downloads", "events_url": "/events",
    "forks_url": "/forks", "git_commits_url": "/git/commits{/sha}", "git_refs_url": "/git/refs{/sha}", "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks", "issue_comment_url": "/issues/comments{/number}", "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}", "keys_url": "/keys{/key_id}", "labels_url": "/labels{/name}", "languages_url": "/languages",
    "merges_url": "/merges", "milestones_url": "/milestones{/number}", "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}", "releases_url": "/releases{/id}", "stargazers_url": "/stargazers", "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers", "subscription_url": "/subscription", "tags_url": "/tags", "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}  # fmt: skip
_USER_URLS = {
    "events_url": "/events{/privacy}", "followers_url": "/followers", "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}", "organizations_url": "/orgs", "received_events_url": "/received_events", "repos_url": "/repos",
    "starred_url": "/starred{/owner}{/repo}", "subscriptions_url": "/subscriptions",
}  # fmt: skip


def stamp(when: datetime) -> str:
    """A time as GitHub writes it."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def node(kind: str, number: int) -> str:
    """A node id."""
    return base64.b64encode(f"{kind}:{number}".encode()).decode()


class Shapes:
    """Shapes with the addresses of one server: `api` for REST, `web` for pages and git."""

    def __init__(self, api: str, web: str) -> None:
        self.api = api
        self.web = web

    def user(self, user: User) -> Json:
        """simple-user."""
        url = f"{self.api}/users/{user.login}"
        return {
            "login": user.login, "id": user.id, "node_id": node("User", user.id), "avatar_url": f"{self.web}/avatars/{user.id}",
            "gravatar_id": "", "url": url, "html_url": f"{self.web}/{user.login}", "type": user.type, "site_admin": False,
            **{key: url + path for key, path in _USER_URLS.items()},
        }  # fmt: skip

    def public_user(self, user: User) -> Json:
        """public-user."""
        nothing = {"user_view_type": "public"} | dict.fromkeys(
            ("bio", "blog", "company", "email", "hireable", "location", "name")
        )
        times = {"created_at": stamp(user.created_at), "updated_at": stamp(user.created_at)}
        return {
            **self.user(user),
            **nothing,
            "followers": 0,
            "following": 0,
            "public_gists": 0,
            "public_repos": 0,
            **times,
        }

    def repo(self, repo: Repo) -> Json:
        """repository, with what full-repository adds."""
        url = f"{self.api}/repos/{repo.full_name}"
        page = f"{self.web}/{repo.full_name}"
        open_pulls = sum(pull.state == "open" for pull in repo.pulls.values())
        return {
            "id": repo.id, "node_id": node("Repository", repo.id), "name": repo.name, "full_name": repo.full_name, "private": False,
            "owner": self.user(repo.owner), "html_url": page, "description": None, "fork": repo.fork_of is not None, "url": url,
            **{key: url + path for key, path in _REPO_URLS.items()},
            "clone_url": f"{page}.git", "git_url": f"git:{page.partition(':')[2]}.git", "ssh_url": f"git@example.com:{repo.full_name}.git",
            "svn_url": page, "mirror_url": None, "homepage": None, "language": "Python", "license": None,
            "default_branch": repo.default_branch, "forks": 0, "forks_count": 0, "stargazers_count": 0, "watchers": 0,
            "watchers_count": 0, "size": 1, "open_issues": open_pulls, "open_issues_count": open_pulls, "has_issues": True,
            "has_projects": False, "has_wiki": False, "has_pages": False, "has_downloads": True, "has_discussions": False,
            "archived": False, "disabled": False, "visibility": "public", "pushed_at": stamp(repo.created_at),
            "created_at": stamp(repo.created_at), "updated_at": stamp(repo.created_at), "topics": [], "allow_forking": True,
            "is_template": False, "web_commit_signoff_required": False,
        }  # fmt: skip

    def full_repo(self, repo: Repo) -> Json:
        """full-repository."""
        return {**self.repo(repo), "network_count": 0, "subscribers_count": 0}

    def label(self, repo: Repo, name: str) -> Json:
        """label."""
        number = sum(name.encode()) + 1
        return {
            "id": number, "node_id": node("Label", number), "url": f"{self.api}/repos/{repo.full_name}/labels/{name}", "name": name,
            "description": "", "color": "5319e7", "default": False,
        }  # fmt: skip

    def pull(self, repo: Repo, pull: Pull, *, full: bool) -> Json:
        """pull-request, or pull-request-simple."""
        url = f"{self.api}/repos/{repo.full_name}/pulls/{pull.number}"
        issue = f"{self.api}/repos/{repo.full_name}/issues/{pull.number}"
        page = f"{self.web}/{repo.full_name}/pull/{pull.number}"
        statuses = f"{self.api}/repos/{repo.full_name}/statuses/{pull.head_sha}"
        links = {
            "self": url, "html": page, "issue": issue, "comments": f"{issue}/comments", "review_comments": f"{url}/comments",
            "review_comment": f"{self.api}/repos/{repo.full_name}/pulls/comments{{/number}}", "commits": f"{url}/commits",
            "statuses": statuses,
        }  # fmt: skip
        head_owner = pull.head_repo.owner if pull.head_repo else pull.user
        shape = {
            "url": url, "id": pull.id, "node_id": node("PullRequest", pull.id), "html_url": page, "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch", "issue_url": issue, "number": pull.number, "state": pull.state, "locked": False,
            "title": pull.title, "user": self.user(pull.user), "body": pull.body or None, "created_at": stamp(pull.created_at),
            "updated_at": stamp(pull.updated_at), "closed_at": stamp(pull.closed_at) if pull.closed_at else None,
            "merged_at": stamp(pull.merged_at) if pull.merged_at else None, "merge_commit_sha": pull.merge_commit_sha, "assignee": None,
            "assignees": [], "requested_reviewers": [], "requested_teams": [], "labels": [self.label(repo, each) for each in pull.labels],
            "milestone": None, "draft": pull.draft, "commits_url": links["commits"], "review_comments_url": links["review_comments"],
            "review_comment_url": links["review_comment"], "comments_url": links["comments"], "statuses_url": statuses,
            "head": {
                "label": f"{head_owner.login}:{pull.head_ref}", "ref": pull.head_ref, "sha": pull.head_sha, "user": self.user(head_owner),
                "repo": self.repo(pull.head_repo) if pull.head_repo else None,
            },
            "base": {
                "label": f"{repo.owner.login}:{pull.base_ref}", "ref": pull.base_ref, "sha": pull.base_sha,
                "user": self.user(repo.owner), "repo": self.repo(repo),
            },
            "_links": {key: {"href": value} for key, value in links.items()}, "author_association": "CONTRIBUTOR", "auto_merge": None,
            "active_lock_reason": None,
        }  # fmt: skip
        if full:
            shape |= {
                "merged": pull.merged_at is not None, "mergeable": True, "rebaseable": True, "mergeable_state": "clean",
                "merged_by": self.user(pull.merged_by) if pull.merged_by else None, "comments": len(pull.comments),
                "review_comments": 0, "maintainer_can_modify": False, "commits": 1, "additions": 1, "deletions": 0, "changed_files": 1,
            }  # fmt: skip
        return shape

    def issue(self, repo: Repo, pull: Pull) -> Json:
        """The issue side of a pull request, as issue_comment webhooks carry it."""
        url = f"{self.api}/repos/{repo.full_name}/issues/{pull.number}"
        page = f"{self.web}/{repo.full_name}/pull/{pull.number}"
        return {
            "url": url, "repository_url": f"{self.api}/repos/{repo.full_name}", "labels_url": f"{url}/labels{{/name}}",
            "comments_url": f"{url}/comments", "events_url": f"{url}/events", "timeline_url": f"{url}/timeline", "html_url": page,
            "id": pull.id, "node_id": node("Issue", pull.id), "number": pull.number, "title": pull.title, "user": self.user(pull.user),
            "labels": [self.label(repo, each) for each in pull.labels], "state": pull.state, "locked": False, "assignee": None,
            "assignees": [], "milestone": None, "comments": len(pull.comments), "created_at": stamp(pull.created_at),
            "updated_at": stamp(pull.updated_at), "closed_at": stamp(pull.closed_at) if pull.closed_at else None,
            "author_association": "CONTRIBUTOR", "active_lock_reason": None, "body": pull.body or None, "draft": pull.draft,
            "performed_via_github_app": None, "state_reason": None, "reactions": self.reaction_counts([], url),
            "pull_request": {
                "url": f"{self.api}/repos/{repo.full_name}/pulls/{pull.number}", "html_url": page, "diff_url": f"{page}.diff",
                "patch_url": f"{page}.patch", "merged_at": stamp(pull.merged_at) if pull.merged_at else None,
            },
        }  # fmt: skip

    def reaction_counts(self, reactions: list[Reaction], url: str) -> Json:
        """reaction-rollup."""
        kinds = ("+1", "-1", "laugh", "confused", "heart", "hooray", "eyes", "rocket")
        counts = {kind: sum(each.content == kind for each in reactions) for kind in kinds}
        return {"url": f"{url}/reactions", "total_count": len(reactions), **counts}

    def comment(self, repo: Repo, pull: Pull, comment: Comment) -> Json:
        """issue-comment."""
        url = f"{self.api}/repos/{repo.full_name}/issues/comments/{comment.id}"
        return {
            "url": url, "html_url": f"{self.web}/{repo.full_name}/pull/{pull.number}#issuecomment-{comment.id}",
            "issue_url": f"{self.api}/repos/{repo.full_name}/issues/{pull.number}", "id": comment.id,
            "node_id": node("IssueComment", comment.id), "user": self.user(comment.user), "created_at": stamp(comment.created_at),
            "updated_at": stamp(comment.updated_at), "author_association": "CONTRIBUTOR", "body": comment.body,
            "performed_via_github_app": None, "reactions": self.reaction_counts(comment.reactions, url),
        }  # fmt: skip

    def reaction(self, reaction: Reaction) -> Json:
        """reaction."""
        return {
            "id": reaction.id, "node_id": node("Reaction", reaction.id), "user": self.user(reaction.user),
            "content": reaction.content, "created_at": stamp(reaction.created_at),
        }  # fmt: skip

    def status(self, repo: Repo, status: Status, *, simple: bool = False) -> Json:
        """status, or simple-commit-status."""
        shape = {
            "url": f"{self.api}/repos/{repo.full_name}/statuses/{status.sha}", "avatar_url": f"{self.web}/avatars/{status.creator.id}",
            "id": status.id, "node_id": node("Status", status.id), "state": status.state, "description": status.description,
            "target_url": status.target_url, "context": status.context, "created_at": stamp(status.created_at),
            "updated_at": stamp(status.created_at),
        }  # fmt: skip
        return shape if simple else {**shape, "creator": self.user(status.creator)}

    def deployment(self, repo: Repo, made: Deployment) -> Json:
        """deployment."""
        url = f"{self.api}/repos/{repo.full_name}/deployments/{made.id}"
        newest = made.statuses[-1].created_at if made.statuses else made.created_at
        return {
            "url": url, "id": made.id, "node_id": node("Deployment", made.id), "sha": made.sha, "ref": made.ref,
            "task": made.task, "payload": made.payload, "original_environment": made.environment,
            "environment": made.environment, "description": made.description, "creator": self.user(made.creator),
            "created_at": stamp(made.created_at), "updated_at": stamp(newest), "statuses_url": f"{url}/statuses",
            "repository_url": f"{self.api}/repos/{repo.full_name}", "transient_environment": made.transient,
            "production_environment": made.production,
        }  # fmt: skip

    def deployment_status(self, repo: Repo, made: Deployment, status: DeploymentStatus) -> Json:
        """deployment-status."""
        url = f"{self.api}/repos/{repo.full_name}/deployments/{made.id}"
        return {
            "url": f"{url}/statuses/{status.id}", "id": status.id, "node_id": node("DeploymentStatus", status.id),
            "state": status.state, "creator": self.user(status.creator), "description": status.description,
            "environment": made.environment, "target_url": status.log_url, "log_url": status.log_url,
            "environment_url": status.environment_url, "created_at": stamp(status.created_at),
            "updated_at": stamp(status.created_at), "deployment_url": url,
            "repository_url": f"{self.api}/repos/{repo.full_name}",
        }  # fmt: skip

    def commit(self, repo: Repo, sha: str) -> Json:
        """commit."""
        tree, parents, name, email, when, message = gitrepos.show(repo.git, sha, ["%T", "%P", "%an", "%ae", "%aI", "%B"])
        url = f"{self.api}/repos/{repo.full_name}/commits/{sha}"
        person = {"name": name, "email": email, "date": when}
        verification = {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}
        return {
            "url": url, "sha": sha, "node_id": node("Commit", int(sha[:8], 16)),
            "html_url": f"{self.web}/{repo.full_name}/commit/{sha}", "comments_url": f"{url}/comments",
            "author": self.user(repo.owner), "committer": self.user(repo.owner),
            "commit": {
                "url": f"{self.api}/repos/{repo.full_name}/git/commits/{sha}", "author": person, "committer": person,
                "message": message.strip(), "comment_count": 0, "verification": verification,
                "tree": {"sha": tree, "url": f"{self.api}/repos/{repo.full_name}/git/trees/{tree}"},
            },
            "parents": [
                {"sha": each, "url": f"{self.api}/repos/{repo.full_name}/commits/{each}",
                 "html_url": f"{self.web}/{repo.full_name}/commit/{each}"} for each in parents.split()
            ],
        }  # fmt: skip

    def branch(self, repo: Repo, name: str, sha: str) -> Json:
        """branch-with-protection."""
        url = f"{self.api}/repos/{repo.full_name}/branches/{name}"
        off = {"enabled": False, "required_status_checks": {"enforcement_level": "off", "contexts": [], "checks": []}}
        return {
            "name": name, "commit": self.commit(repo, sha), "protected": False, "protection": off, "protection_url": f"{url}/protection",
            "_links": {"html": f"{self.web}/{repo.full_name}/tree/{name}", "self": url},
        }  # fmt: skip

    def content(self, repo: Repo, path: str, ref: str, blob: str, data: bytes) -> Json:
        """content-file."""
        url = f"{self.api}/repos/{repo.full_name}/contents/{path}?ref={ref}"
        page = f"{self.web}/{repo.full_name}/blob/{ref}/{path}"
        git_url = f"{self.api}/repos/{repo.full_name}/git/blobs/{blob}"
        return {
            "type": "file", "encoding": "base64", "size": len(data), "name": path.rsplit("/", 1)[-1], "path": path, "sha": blob,
            "content": base64.encodebytes(data).decode(), "url": url, "git_url": git_url, "html_url": page, "download_url": page,
            "_links": {"self": url, "git": git_url, "html": page},
        }  # fmt: skip

    def permission(self, repo: Repo, user: User) -> Json:
        """repository-collaborator-permission."""
        role = repo.role(user.login)
        return {"permission": ROLES[role], "role_name": role, "user": {**self.user(user), "role_name": role, "permissions": {
            "pull": role != "none", "triage": role in ("triage", "write", "maintain", "admin"),
            "push": ROLES[role] in ("write", "admin"), "maintain": role in ("maintain", "admin"), "admin": role == "admin"}}}  # fmt: skip

    def hook(self, repo: Repo, hook: Hook) -> Json:
        """hook; the secret is not shown."""
        url = f"{self.api}/repos/{repo.full_name}/hooks/{hook.id}"
        return {
            "type": "Repository", "id": hook.id, "name": "web", "active": hook.active, "events": hook.events,
            "config": {"url": hook.url, "content_type": "json", "insecure_ssl": "0", "secret": "********"},
            "created_at": stamp(hook.created_at), "updated_at": stamp(hook.created_at), "url": url, "test_url": f"{url}/test",
            "ping_url": f"{url}/pings", "deliveries_url": f"{url}/deliveries",
            "last_response": {"code": None, "status": "unused", "message": None},
        }  # fmt: skip

    def delivery(self, delivery: Delivery) -> Json:
        """hook-delivery-item."""
        return {
            "id": delivery.id, "guid": delivery.guid, "delivered_at": stamp(delivery.delivered_at), "redelivery": delivery.redelivery,
            "duration": round(delivery.seconds, 2), "status": delivery.status, "status_code": delivery.status_code,
            "event": delivery.event, "action": delivery.action, "installation_id": None,
            "repository_id": delivery.repository.id if delivery.repository else None, "throttled_at": None,
        }  # fmt: skip
