"""How the simulated API says no: a code, a sentence, an HTTP status, in JSON or in XML."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Mapping

JSON = "application/json;charset=utf-8"
XML = "text/xml;charset=utf-8"


@dataclass(eq=False)
class Refused(Exception):
    """A call the API does not carry out.

    Attributes:
        code: the vendor's code, such as `Throttling.User`.
        message: one sentence for a person.
        http_status: of the reply.
        headers: further headers of the reply.
    """

    code: str
    message: str = "The request was refused."
    http_status: int = 400
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self, *, request_id: str, host: str, xml: bool) -> tuple[str, str]:
        """The reply's text and its content type."""
        fields = {
            "Code": self.code,
            "Message": self.message,
            "RequestId": request_id,
            "HostId": host,
        }
        if xml:
            inside = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in fields.items())
            return f'<?xml version="1.0" encoding="UTF-8"?><Error>{inside}</Error>', XML
        help_page = f"https://api.aliyun.com/troubleshoot?q={self.code}&product=live"
        return json.dumps(fields | {"Recommend": f"{help_page}&requestId={request_id}"}), JSON


def throttled(wait_ms: int) -> Refused:
    """The quota's refusal: try again after `wait_ms`."""
    return Refused(
        "Throttling.User",
        "Request was denied due to user flow control.",
        headers={"x-acs-retry-after": str(wait_ms)},
    )
