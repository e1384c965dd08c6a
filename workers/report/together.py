"""What is said of pull requests that are deployed together: how they come, and why one cannot. A stranger's words in it are
made harmless by the comment."""

from collections.abc import Iterable, Sequence

INSTALLED = "the bot must be installed on both"
NAMED_MOST = 5  # of what is left out
LEAVE_OUT = "Leave it out, or "


def comes_after(needed: Iterable[str]) -> str:
    """A deploy that waits for others."""
    return f"Waits for {listed(needed)}, which it needs and which is deployed first."


def listed(items: Iterable[object]) -> str:
    """`a#1`, `b#2` and `c#3`."""
    return joined([f"`{each}`" for each in items])


def joined(found: Sequence[str]) -> str:
    """With commas, and `and` before the last one."""
    return " and ".join(filter(None, [", ".join(found[:-1]), *found[-1:]]))


def not_served(reference: object) -> tuple[str, str]:
    """The operator has not listed its repository."""
    return f"`{reference}` is in no repository that this bot serves.", f"{LEAVE_OUT}ask those who run the bot to add it."


def no_rights(reference: object, by: str) -> tuple[str, str]:
    """Write access is missing, or the bot sees nothing there: which of both is nobody's business who has none."""
    return (
        f"`{reference}` cannot be deployed by `{by}`: it takes write access there, and `{by}` has none that the bot can see.",
        f"Check the name. Somebody with write access to both repositories can write the same line; {INSTALLED}.",
    )


def unknown(reference: object) -> tuple[str, str]:
    """No such number."""
    return f"There is no pull request `{reference}`.", "Check the number."


def closed(reference: object) -> tuple[str, str]:
    """Closed without having been merged."""
    return f"`{reference}` is closed and was not merged.", f"Reopen it, or leave it out: what is merged counts as {BASE}."


def going(reference: object) -> tuple[str, str]:
    """Its stack is being removed."""
    return f"The stack of `{reference}` is just being removed.", "Try again in a minute."


def destroyed(reference: object) -> tuple[str, str]:
    """A person took it down; a text does not bring it back."""
    return f"`{reference}` was taken down by a command.", "`/devstack deploy` brings both up."


def circle(path: str) -> tuple[str, str]:
    """They need each other."""
    return (
        f"These pull requests need each other in a circle: {path}.",
        "Take one of the `Depends-On` lines or `--with` out.",
    )


def which_label(labels: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Several were given labels by command."""
    said = listed_pairs(labels)
    choice = " or ".join(f"`--label {label}`" for label in dict.fromkeys(label for _, label in labels))
    return f"They were given different labels by command: {said}.", f"Say which one counts for all: {choice}."


def listed_pairs(labels: Sequence[tuple[str, str]]) -> str:
    """Each pull request with its label."""
    return ", ".join(f"`{reference}` has `{label}`" for reference, label in labels)


def no_name(word: str) -> str:
    """A word of a `Depends-On` line."""
    return f"`{word}` in the `Depends-On` line names no pull request: write it as `owner/repo#12`."


def too_many(left_out: Sequence[object], most: int) -> tuple[str, str]:
    """More than come along with one."""
    shown = [f"`{each}`" for each in left_out[:NAMED_MOST]]
    if len(left_out) > NAMED_MOST:
        shown.append(f"{len(left_out) - NAMED_MOST} more")
    those = "is" if len(left_out) == 1 else "are"
    return (
        f"At most {most} pull requests come along with one, the nearest first: {joined(shown)} {those} left out.",
        "Give them the label by a command of their own: `/devstack deploy --label <label>`.",
    )


def goes_on(reference: object, most: int) -> tuple[str, str]:
    """A text with more names than are read."""
    return (
        f"The `Depends-On` lines of `{reference}` name more than {most} pull requests or too much else: the rest is left out.",
        "Take out what is not needed.",
    )


def not_vouched(references: Iterable[object]) -> str:
    """Named in the text by nobody knows whom."""
    found = list(references)
    those = "it is" if len(found) == 1 else "they are"
    return (
        f"The text depends on {listed(found)}, but {those} not deployed with it yet, since the bot does not know who wrote "
        "that. Somebody with write access to all of them can write `/devstack deploy`."
    )


def left_out(problems: Iterable[tuple[str, str]]) -> str:
    """What a text depends on and is not deployed with it, each with the reason."""
    return " ".join(f"{problem} {remedy}" for problem, remedy in problems)


BASE = "part of the base"


def together(others: Sequence[object], merged: Sequence[object]) -> str:
    """What comes with a deploy."""
    said = [f"Together with {listed(others)}, in this order and then this one."] if others else []
    if merged:
        said.append(f"{listed(merged)} {'is' if len(merged) == 1 else 'are'} merged and so {BASE}.")
    return " ".join(said)
