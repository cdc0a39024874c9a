"""For those who watch the server. `/healthz` and `/readyz` tell anybody; `/metrics` tells listed addresses.

`/healthz`: the process answers. `/readyz`: so do the database, the objects and the disk. A process that is
not ready need not be restarted, only left alone until it is.
"""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from office.views.figures import readiness
from office.web.gate import TheOffice
from office.web.site import site_of

router = APIRouter()
NOT_READY = 503
UNKNOWN = 404


@router.get("/healthz")
async def is_well() -> Response:
    """200 while the process answers."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
def is_ready(office: TheOffice) -> Response:
    """200 while everything answers that acts need, else 503 and what does not."""
    told = {name: "ok" if answers else "failing" for name, answers in readiness(office).items()}
    is_all = all(value == "ok" for value in told.values())
    return JSONResponse({"status": "ok" if is_all else "failing", **told}, 200 if is_all else NOT_READY)


@router.get("/metrics")
def metrics(request: Request, office: TheOffice) -> Response:
    """The figures, for this machine and `web.watchers`; for others there is no such page."""
    if not may_watch(request.client.host if request.client else "", office.settings.web.watching):
        raise HTTPException(UNKNOWN)
    return Response(site_of(request).measures.text(), media_type=CONTENT_TYPE_LATEST)


def may_watch(host: str, listed: Sequence[str]) -> bool:
    """Is this an address of the machine itself, or one that is listed, by itself or by its network?"""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or any(address in ip_network(one, strict=False) for one in listed)
