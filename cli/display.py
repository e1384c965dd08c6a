"""What `devstack validate` prints for people: problems with the line they are on, or what would be deployed."""

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from config.problems import Problem
from config.project import CONFIG_FILE, Project
from model import duration

MINIMAL = "services:\n  web:\n    hosts: [example.com]\n"
LINE_MOST = 160  # characters of a line that are shown

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def no_file(file: Path, error: OSError) -> None:
    """There is nothing to check."""
    err.print(Text.assemble(("✗ ", "bold red"), f"{file}: {error.strerror}"))
    err.print(Text(f"\nA {CONFIG_FILE} can be as short as\n"))
    err.print(Text(MINIMAL.replace("services", "  services").replace("\n  ", "\n    "), style="cyan"))


def problems(root: Path, texts: dict[str, str], found: list[Problem]) -> None:
    """Each problem under its file, with the line and a mark below it."""
    for problem in found:
        err.print(_frame(problem, _lines(root, texts, problem.source)))
    count = f"{len(found)} problem{'s' if len(found) > 1 else ''}"
    err.print(Text.assemble(("✗ ", "bold red"), (count, "bold")))


def _lines(root: Path, texts: dict[str, str], source: str) -> list[str]:
    if source not in texts:
        try:
            texts[source] = (root / source).read_text(encoding="utf-8", errors="replace")
        except OSError:
            texts[source] = ""
    return texts[source].splitlines()


def _frame(problem: Problem, lines: list[str]) -> Text:
    place = ":".join([problem.source, *(str(part) for part in (problem.line, problem.column) if part)])
    text = Text.assemble(
        (place, "bold"), " ", (f"{problem.path}: " if problem.path else "", "cyan"), problem.message, "\n"
    )
    if 0 < problem.line <= len(lines):
        number = f"{problem.line:>5} │ "
        line = "".join(each if each.isprintable() else " " for each in lines[problem.line - 1])
        start = max(0, problem.column - LINE_MOST)
        text.append(number, "dim").append(line[start : start + LINE_MOST]).append("\n")
        text.append(" " * 5 + " │ ", "dim").append(" " * (problem.column - 1 - start)).append("▲", "bold red").append(
            "\n"
        )
    if problem.suggestion:
        text.append("      = ", "dim").append(problem.suggestion, "green").append("\n")
    return text


def summary(file: Path, project: Project) -> None:
    """What would be deployed."""
    out.print(Text.assemble(("✓ ", "bold green"), f"{file} is good"))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("service", "built from", "port", "health", "base host", "preview"):
        table.add_column(title)
    for name, service in project.services.items():
        build = service.build
        stage = f" → {build.target}" if build.target else ""
        table.add_row(
            Text(name, "bold green"), Text(f"{build.dockerfile} in {build.context}{stage}"), str(service.port),
            Text(service.health or "–"), Text("\n".join(service.hosts) or "–"),
            Text("\n".join(f"<label>.{host}" for host in service.hosts) or "–"),
        )  # fmt: skip
    out.print(table)
    facts = {
        "deployed with": project.helmfile or "the ready-made chart",
        "when": "a pull request opens" if project.deploy == "open" else "someone writes /devstack deploy",
        "lives": duration.text(project.ttl) if project.ttl else "as long as the bot's operator says",
        "in": "a namespace of its own" if project.namespace == "stack" else f"the namespace {project.base.namespace}",
        "base": f"deployed to {project.base.namespace} by pushes" if project.base.deploy else "deployed by somebody else",
    }
    for what, said in facts.items():
        out.print(Text.assemble((f"{what:14}", "dim"), said))
