"""The few fields of GitHub's answers that are read. An answer of another shape is a fault that says where it differs."""

from typing import Any, TypeVar

from pydantic import AliasPath, AwareDatetime, BaseModel, Field, TypeAdapter, ValidationError

from workers.faults import OurFault
from workers.github.answer import Answer
from workers.github.values import PullRequest

T = TypeVar("T")

GHOST = "ghost"  # how GitHub itself shows an account that is gone


class Account(BaseModel):
    """A user, bot or organization."""

    login: str
    type: str = "User"


class App(BaseModel):
    """Of `GET /app`."""

    slug: str = Field(min_length=1)


class Installation(BaseModel):
    """Of `GET /repos/{owner}/{repo}/installation` and `GET /app/installations`."""

    id: int
    suspended_at: str | None = None


class Repository(BaseModel):
    """A repository."""

    full_name: str
    default_branch: str = ""
    archived: bool = False


class Repositories(BaseModel):
    """Of `GET /installation/repositories`."""

    repositories: list[Repository]


class InstallationToken(BaseModel):
    """Of `POST /app/installations/{id}/access_tokens`."""

    token: str = Field(min_length=1, repr=False)
    expires_at: AwareDatetime
    repositories: list[Repository] | None = None  # of a narrowed one

    def is_for(self, repository: str) -> bool:
        """Whether it reaches this repository, as far as GitHub tells."""
        return self.repositories is None or repository.lower() in {each.full_name.lower() for each in self.repositories}


class Head(BaseModel):
    """One side of a pull request. `repo` is null where the fork was deleted, whatever GitHub's description says."""

    sha: str
    ref: str
    repo: Repository | None = None


class Base(BaseModel):
    """The side that a pull request goes to."""

    sha: str
    ref: str
    repo: Repository


class Label(BaseModel):
    """A label."""

    name: str


class Pull(BaseModel):
    """A pull request, as fetched or as listed (a listed one has no `merged`)."""

    number: int
    state: str
    merged_at: str | None = None
    draft: bool | None = None
    title: str
    body: str | None = None
    user: Account | None = None
    head: Head
    base: Base
    labels: list[Label] = []
    html_url: str = ""

    def value(self, repository: str) -> PullRequest:
        """For the other rooms."""
        head, base = self.head.repo, self.base.repo
        author = self.user or Account(login=GHOST)
        return PullRequest(
            repository=repository,
            number=self.number,
            state=self.state,
            merged=self.merged_at is not None,
            draft=bool(self.draft),
            title=self.title,
            body=self.body or "",
            author=author.login,
            author_type=author.type,
            head_sha=self.head.sha,
            head_ref=self.head.ref,
            head_repo=head.full_name if head else None,
            is_fork=head is None or head.full_name.lower() != base.full_name.lower(),
            base_ref=self.base.ref,
            base_sha=self.base.sha,
            base_repo=base.full_name,
            default_branch=base.default_branch,
            labels=tuple(label.name for label in self.labels),
            html_url=self.html_url,
        )


class Comment(BaseModel):
    """A comment on an issue or pull request."""

    id: int
    body: str | None = None
    user: Account | None = None
    issue_url: str = ""


class Reaction(BaseModel):
    """A reaction to a comment."""

    content: str
    user: Account | None = None


class Collaborator(BaseModel):
    """What a person may do. A plain string in GitHub's description."""

    permission: str


class Commit(BaseModel):
    """A commit."""

    sha: str


class Branch(BaseModel):
    """A branch and what it points to."""

    sha: str = Field(validation_alias=AliasPath("commit", "sha"))


class Content(BaseModel):
    """A file of a repository. `content` is empty and `encoding` "none" above 1 MB."""

    type: str
    content: str = ""
    encoding: str = ""
    size: int = 0


class Status(BaseModel):
    """One context of a commit's combined status."""

    context: str
    state: str
    description: str | None = None
    target_url: str | None = None


class CombinedStatus(BaseModel):
    """The newest status of each context."""

    statuses: list[Status]


def read(shape: type[T], answer: Answer) -> T:
    """The answer's body in this shape; OurFault where it has another."""
    return adapted(TypeAdapter(shape), answer.data)


def adapted(adapter: TypeAdapter[T], data: Any) -> T:
    """`data` in the adapter's shape; OurFault where it has another."""
    try:
        return adapter.validate_python(data)
    except ValidationError as error:
        where = ", ".join(".".join(map(str, each["loc"])) or "the whole" for each in error.errors()[:5])
        raise OurFault(f"GitHub's answer has another shape than its API describes, at: {where}") from error
