"""Run as a process of its own: asks one hostile address after the other and says what each cost.

Lines of `name deadline url` on standard input; a JSON object for each on standard output.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import resource
import ssl
import sys
import time

from worker.http import Web
from worker.pace import Pace
from worker.wire import Failure, Request


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def main() -> None:
    allow, trust = (ipaddress.ip_network("127.0.0.0/8"),), ssl.create_default_context()
    for line in sys.stdin:
        name, deadline, url = line.split()
        async with Web(allow=allow, pace=Pace(50, 10_000, 10_000), trust=trust) as web:
            before, began = peak_mb(), time.process_time()
            answer = await web.ask(Request(url, deadline_s=float(deadline)))
        told = {"name": name, "cpu": time.process_time() - began, "grown": peak_mb() - before}
        if isinstance(answer, Failure):
            told |= {"reason": answer.reason, "detail": answer.detail}
        else:
            told |= {"reason": "reply", "status": answer.status, "bytes": len(answer.body)}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
