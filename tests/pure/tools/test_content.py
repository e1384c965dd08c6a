"""The content key: equal for equal content, and for nothing else."""

from model import content
from workers.tools.git import Entry

FOLDER = Entry("040000", "a" * 40, "svc")
FILE = Entry("100644", "b" * 40, "svc/Dockerfile")


def key(*entries: Entry, **changes: object) -> str:
    facts = {"dockerfile": "svc/Dockerfile", "target": "", "args": {"A": "1", "B": "2"}, **changes}
    return content.key(entries, **facts)  # type: ignore[arg-type]  # the facts have the parameters' types


def test_the_order_of_what_is_named_does_not_matter() -> None:
    assert key(FOLDER, FILE) == key(FILE, FOLDER)
    assert key(args={"B": "2", "A": "1"}) == key()


def test_whatever_changes_an_image_changes_its_key() -> None:
    keys = [
        key(FOLDER, FILE),
        key(FOLDER),
        key(FOLDER._replace(blob="c" * 40), FILE),
        key(FOLDER, FILE._replace(mode="100755")),
        key(FOLDER, FILE._replace(path="svc/Dockerfile.dev")),
        key(FOLDER, FILE, target="dev"),
        key(FOLDER, FILE, dockerfile="Dockerfile"),
        key(FOLDER, FILE, args={"A": "1"}),
        key(FOLDER, FILE, args={"A": "1", "B": "3"}),
        key(FOLDER, FILE, args={"A": "1B", "": "2"}),
    ]
    assert len(set(keys)) == len(keys)
    assert all(len(each) == 64 for each in keys)
