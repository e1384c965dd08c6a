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
from workers.report.failures import causes, minimal_config, our_failure, problems, waiting_for
from workers.report.following import not_followed
from workers.report.status import status_line
from workers.report.together import comes_after, together
from workers.report.tracing import lost, trace, way
from workers.report.words import duration, moment

__all__ = [
    "causes",
    "comes_after",
    "duration",
    "fork_waits",
    "help_answer",
    "logs_answer",
    "lost",
    "minimal_config",
    "moment",
    "no_access",
    "not_done",
    "not_followed",
    "our_failure",
    "problems",
    "refusal",
    "spelled",
    "status_answer",
    "status_line",
    "superseded",
    "together",
    "trace",
    "waiting_for",
    "way",
]
