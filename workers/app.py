"""The Celery application: two queues, late acknowledgement, a visibility timeout above the longest run."""

from typing import Any

from celery import Celery
from celery.signals import setup_logging
from kombu.entity import Exchange, Queue

from config import logging
from config.settings import Settings, load
from model import jobs

SWEEP_SECONDS = 15.0  # with the lease this bounds how long a killed worker's run stays orphaned
COMPARE_SECONDS = 60.0
FOLLOW_SECONDS = 20.0  # with the time that it takes, well below the minute that is promised
DECIDING = 3  # what takes longer than a sign of having heard stands behind that: 0 comes first in Redis, then 3, 6, 9


def configured(settings: Settings) -> Celery:
    """The application for these settings. Importing the tasks is left to the worker's start."""
    settings.work_dir.mkdir(parents=True, exist_ok=True)
    # The unnamed exchange routes by queue name alone, so an emptied Redis loses no binding.
    direct = Exchange("", type="direct")
    celery = Celery("devstack", broker=settings.redis_url, include=["workers.tasks"])
    celery.conf.update(
        task_queues=[Queue(name, direct, routing_key=name) for name in (jobs.QUEUE_TALK, jobs.QUEUE_WORK)],
        task_default_queue=jobs.QUEUE_TALK,
        task_default_exchange="",
        task_default_exchange_type="direct",
        task_default_routing_key=jobs.QUEUE_TALK,
        task_routes={jobs.TASK_CONVERGE: {"queue": jobs.QUEUE_WORK, "routing_key": jobs.QUEUE_WORK}},
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_acks_on_failure_or_timeout=True,
        task_time_limit=settings.run_timeout,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_send_task_events=False,
        worker_enable_remote_control=False,
        broker_connection_retry_on_startup=True,
        broker_transport_options={"visibility_timeout": settings.run_timeout + 600, "socket_keepalive": True},
        beat_schedule={
            "sweep": {"task": jobs.TASK_SWEEP, "schedule": SWEEP_SECONDS, "options": {"expires": SWEEP_SECONDS}},
            "follow": {
                "task": jobs.TASK_FOLLOW,
                "schedule": FOLLOW_SECONDS,
                "options": {"expires": FOLLOW_SECONDS, "priority": DECIDING},
            },
            "compare": {
                "task": jobs.TASK_COMPARE,
                "schedule": COMPARE_SECONDS,
                "options": {"expires": COMPARE_SECONDS, "priority": DECIDING},
            },
        },
        beat_schedule_filename=str(settings.work_dir / "beat"),
    )
    return celery


@setup_logging.connect  # type: ignore[untyped-decorator]  # celery has no types
def _log_our_way(**_given: Any) -> None:
    """With a receiver for this signal Celery leaves logging alone."""
    logging.configure(load())


app = configured(load())
