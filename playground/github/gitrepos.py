"""The bare repositories: made, committed to, merged, and served by git's own `http-backend`."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

IDENTITY = {
    "GIT_AUTHOR_NAME": "Playground",
    "GIT_AUTHOR_EMAIL": "playground@example.com",
    "GIT_COMMITTER_NAME": "Playground",
    "GIT_COMMITTER_EMAIL": "playground@example.com",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
}
ZERO = "0" * 40


class GitError(Exception):
    """git refused; the message is its own."""


def git(repo: Path, *arguments: str, stdin: bytes | None = None, extra: Mapping[str, str] | None = None) -> str:
    """Run git in a bare repository; its output without the last line end."""
    done = subprocess.run(
        ["git", "--git-dir", str(repo), *arguments],
        input=stdin,
        capture_output=True,
        env={**os.environ, **IDENTITY, **(extra or {})},
        check=False,
    )
    if done.returncode:
        raise GitError(f"git {arguments[0]}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode(errors="replace").rstrip("\n")


def create(repo: Path, branch: str) -> None:
    """A new bare repository that gives away any commit by its id, as GitHub does."""
    repo.mkdir(parents=True)
    git(repo, "init", "--quiet", "--bare", f"--initial-branch={branch}", str(repo))
    for key, value in {
        "uploadpack.allowAnySHA1InWant": "true",
        "uploadpack.allowReachableSHA1InWant": "true",
        "http.receivepack": "true",
        "gc.auto": "0",
    }.items():
        git(repo, "config", key, value)


def commit(
    repo: Path,
    branch: str,
    files: Mapping[str, bytes | None],
    message: str,
    parent: str | None,
    modes: Mapping[str, str] | None = None,
) -> str:
    """Commit files (None: removed) on top of `parent` and move the branch there; the new commit's id."""
    index = {"GIT_INDEX_FILE": str(repo / f"index-{os.getpid()}-{branch.encode().hex()[:40]}")}
    try:
        git(repo, "read-tree", *([parent] if parent else ["--empty"]), extra=index)
        lines = []
        for path, content in files.items():
            if content is None:
                lines.append(f"0 {ZERO}\t{path}")
                continue
            blob = git(repo, "hash-object", "-w", "--stdin", stdin=content)
            lines.append(f"{(modes or {}).get(path, '100644')} {blob}\t{path}")
        git(repo, "update-index", "--index-info", stdin=("\n".join(lines) + "\n").encode(), extra=index)
        tree = git(repo, "write-tree", extra=index)
    finally:
        Path(index["GIT_INDEX_FILE"]).unlink(missing_ok=True)
    made = git(repo, "commit-tree", tree, *(["-p", parent] if parent else []), "-F", "-", stdin=message.encode())
    git(repo, "update-ref", f"refs/heads/{branch}", made)
    return made


def head(repo: Path, ref: str) -> str | None:
    """The commit that a ref or an id stands for."""
    try:
        return git(repo, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    except GitError:
        return None


def branches(repo: Path) -> dict[str, str]:
    """All branches with their commits."""
    out = git(repo, "for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads")
    return {line.split(" ", 1)[1]: line.split(" ", 1)[0] for line in out.splitlines()}


def commits_between(repo: Path, base: str, top: str) -> list[str]:
    """Commits of `top` that `base` does not have, oldest first."""
    return git(repo, "rev-list", "--reverse", f"{base}..{top}").split()


def merge(repo: Path, base_ref: str, base: str, top: str, message: str) -> str:
    """A merge commit of `top` into the branch; `top`'s files win, as there is one writer in the playground."""
    tree = git(repo, "merge-tree", "--write-tree", base, top).splitlines()[0]
    made = git(repo, "commit-tree", tree, "-p", base, "-p", top, "-F", "-", stdin=message.encode())
    git(repo, "update-ref", f"refs/heads/{base_ref}", made)
    return made


def fetch(target: Path, source: Path, refspec: str) -> None:
    """Bring commits from one repository into another."""
    git(target, "-c", "protocol.file.allow=always", "fetch", "--quiet", str(source), refspec)


def http_backend(
    root: Path, path: str, environ: Mapping[str, str], body: bytes
) -> tuple[int, list[tuple[str, str]], bytes]:
    """Serve one request of git's smart HTTP protocol: status, headers, body."""
    env = {
        **os.environ,
        **IDENTITY,
        **environ,
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": path,
        "GIT_HTTP_MAX_REQUEST_BUFFER": "100M",
    }
    done = subprocess.run(["git", "http-backend"], input=body, capture_output=True, env=env, check=False)
    raw, _, content = done.stdout.partition(b"\r\n\r\n")
    status = 200
    headers = []
    for line in raw.decode("latin-1").split("\r\n"):
        name, _, value = line.partition(":")
        if name.lower() == "status":
            status = int(value.split()[0])
        elif name:
            headers.append((name, value.strip()))
    return status if raw else 500, headers, content


def show(repo: Path, commit_id: str, fields: Sequence[str]) -> list[str]:
    """Facts of a commit by git's format letters."""
    return git(repo, "show", "-s", "--format=" + "%x00".join(fields), commit_id).split("\0")
