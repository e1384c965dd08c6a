"""What is wrong with a file that a person wrote: where, what, and what was probably meant."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem. Lines and columns count from 1; 0 where there is no place to point at."""

    message: str
    path: str = ""
    line: int = 0
    column: int = 0
    suggestion: str = ""
    source: str = ".devstack.yaml"

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.source, self.line, self.column) if part)
        where = f" {self.path}:" if self.path else ""
        hint = f" ({self.suggestion})" if self.suggestion else ""
        return f"{place}:{where} {self.message}{hint}"


class ConfigError(Exception):
    """A file cannot be used; `problems` has everything that was found."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
