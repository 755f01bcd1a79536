"""Patches of kustomize for the pods of a Deployment or a CronJob."""

from typing import Any


def deployment(name: str, pod: dict[str, Any]) -> dict[str, Any]:
    """What is added to each pod of a Deployment."""
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": {"template": {"spec": pod}}}


def cron_job(name: str, pod: dict[str, Any]) -> dict[str, Any]:
    """What is added to each pod of a CronJob."""
    template = {"spec": {"template": {"spec": pod}}}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name}, "spec": {"jobTemplate": template}}
