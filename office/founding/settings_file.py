"""DATA/office.toml: the settings that `office init` wrote, read at every start (office.settings)."""

import json
from collections.abc import Mapping
from typing import Any

from foundation.durable import write_whole
from office.founding.own_authority import FOLDER, SERVER
from office.founding.plan import Plan, WebPlan
from office.settings import OFFICE_FILE
from office.value import Office
from storage import ledger
from storage.database import writing

HEAD = "# Do ./motcua office init ghi. Đừng sửa ở đây: sửa kế hoạch rồi chạy lại ./motcua office init.\n"
OWN = {"certificate": f"{FOLDER}/{SERVER}.pem", "key": f"{FOLDER}/{SERVER}.key"}
OWNER_ONLY = 0o600


def keep_settings(office: Office, by: str, plan: Plan) -> bool:
    """Write what the plan says into the file, and the ledger; True when it said something else before."""
    path = office.settings.data / OFFICE_FILE
    told = _told(plan)
    content = (HEAD + _as_toml(told)).encode()
    if path.exists() and path.read_bytes() == content:
        return False
    now = office.clock()
    with writing(office.engine) as connection:
        entry = ledger.Entry("office_settings_changed", now, by, "office", {"settings": told})
        ledger.append(connection, entry)
    write_whole(path, content, OWNER_ONLY)
    return True


def _told(plan: Plan) -> Mapping[str, Any]:
    web, services = plan.web, plan.services
    return {
        "unit": plan.unit,
        "web": {
            "host": web.host,
            "port": web.port,
            "names": ", ".join(web.names),
            "proxies": ", ".join(web.proxies) or "127.0.0.1",
            **_tls(web),
        },
        "services": {"stamps": ", ".join(services.stamps), "answers": ", ".join(services.answers)},
    }


def _tls(web: WebPlan) -> Mapping[str, str]:
    if web.tls == "own":
        return OWN
    return {"certificate": web.certificate, "key": web.key} if web.tls == "files" else {}


def _as_toml(told: Mapping[str, Any]) -> str:
    plain = [f"{name} = {_value(value)}\n" for name, value in told.items() if not isinstance(value, Mapping)]
    tables = [
        f"\n[{name}]\n" + "".join(f"{within} = {_value(one)}\n" for within, one in value.items())
        for name, value in told.items()
        if isinstance(value, Mapping)
    ]
    return "".join([*plain, *tables])


def _value(value: str | int) -> str:
    """A TOML value: basic strings are written as JSON's are (TOML 1.0, String)."""
    return json.dumps(value, ensure_ascii=False)
