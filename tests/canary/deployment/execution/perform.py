"""Does one task as canaryd does, where a test has another user do it: order in, answer out, as JSON."""

import asyncio
import sys

import msgspec

from canary.deployment.execution.executor import Executor
from canary.deployment.execution.settings import AnyExecutor
from canary.deployment.task import Task


class Order(msgspec.Struct):
    settings: AnyExecutor
    task: Task
    question: str


async def answer(order):
    executor = Executor(lambda: {"it": order.settings})
    if order.question == "missing":
        return await executor.missing(order.task.executor, order.task.service, order.task.version)
    return await executor.perform(order.task)


def main():
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(answer(order))))
