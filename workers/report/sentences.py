"""Every sentence that a person reads, by name. What it is made of stands in the modules that this one gathers."""

from workers.report.answers import (
    fork_waits,
    help_answer,
    logs_answer,
    no_access,
    not_done,
    refusal,
    spelled,
    status_answer,
    superseded,
)
from workers.report.failures import cause, minimal_config, our_failure, problems, waiting_for
from workers.report.status import status_line
from workers.report.words import duration, moment

__all__ = [
    "cause",
    "duration",
    "fork_waits",
    "help_answer",
    "logs_answer",
    "minimal_config",
    "moment",
    "no_access",
    "not_done",
    "our_failure",
    "problems",
    "refusal",
    "spelled",
    "status_answer",
    "status_line",
    "superseded",
    "waiting_for",
]
