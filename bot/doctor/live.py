"""Whether an account's credentials are there, and may do what the bot does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bot import errors
from bot.doctor.finding import Finding
from bot.live.client import LiveClient
from bot.live.model import TaskQuery
from bot.live.protocol import DESCRIBE_DOMAINS, DESCRIBE_TASKS
from bot.lives import credentials_of
from bot.settings import suffix_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    import aiohttp

    from bot.settings import Account

    _Accounts = Mapping[str, Account]

MOST_DOMAINS = 20
"""How many domains of an account are tried, with a call each."""
_SET_CLOCK = "set this machine's clock (NTP)"
_ENDPOINT = "see that {endpoint} is the Live API ({setting}.endpoint) and can be reached"
_ADVICE: tuple[tuple[type[errors.LiveError], str], ...] = (
    (errors.Throttled, "the account's other tools use up its quota: try again when they rest"),
    (errors.Unavailable, _ENDPOINT),
    (errors.ClockSkewed, _SET_CLOCK),
    (errors.TokenExpired, "get a new security token: {keys}"),
    (errors.CredentialsRefused, "correct {keys}"),
    (errors.PermissionRefused, "attach this RAM policy to the key's user or role:\n{policy}"),
    (errors.ArgumentRefused, "correct {setting}.domains: streaming domains of this account"),
    (errors.LiveError, "look the code up in the vendor's reference of {action}"),
)
"""What to do about a refusal: the first kind that fits."""

_ANOTHER_APIS = ("InvalidAction", "InvalidProduct", "InvalidVersion")
"""How codes begin that say that this is another product's endpoint."""
_ID_AND_SECRET = ("access_key_id", "access_key_secret")
_KEY_OF_CODE = {
    "InvalidAccessKeyId": "access_key_id",
    "SignatureDoesNotMatch": "access_key_secret",
    "IncompleteSignature": "access_key_secret",
    "InvalidSecurityToken": "security_token",
    "MissingSecurityToken": "security_token",
}


async def of_account(
    name: str, accounts: _Accounts, session: aiohttp.ClientSession, now: Callable[[], datetime]
) -> list[Finding]:
    """Look at the credentials, and use them."""
    check, account = f"credentials of {name}", accounts[name]
    source = credentials_of(account)
    try:
        await source.current()
    except errors.CredentialsRefused as error:
        keys = " and ".join(_variable(name, accounts, key) for key in _ID_AND_SECRET)
        fix = f"set {keys}, or access_key_id and access_key_secret in [accounts.{name}]"
        return [Finding(check, ok=False, detail=error.message, fix=fix)]
    where = "the settings" if account.key_source == "static" else "the vendor's provider chain"
    async with LiveClient(source, account.endpoint, session=session, now=now) as live:
        return [
            Finding(check, ok=True, detail=f"present, from {where}"),
            *await _of_permissions(name, accounts, live),
        ]


async def _of_permissions(name: str, accounts: _Accounts, live: LiveClient) -> list[Finding]:
    """Whether domains may be listed, and of each one tasks be read."""
    check, found = f"Live API for {name}", list[Finding]()
    denied: dict[str, errors.LiveError] = {}
    domains = accounts[name].domains
    try:
        listed = await live.describe_user_domains()
    except errors.PermissionRefused as error:
        denied[DESCRIBE_DOMAINS] = error
    except errors.LiveError as error:
        return [_refused(name, accounts, error, DESCRIBE_DOMAINS)]  # it would befall each call
    else:
        if not domains:
            domains = tuple(one.name for one in listed if one.status in {"online", ""})
            detail = f"{DESCRIBE_DOMAINS} lists {len(listed)} play domains; none is in the settings"
            fix = "" if listed else "use the keys of the account that has the play domains"
            found.append(Finding(check, ok=bool(listed), detail=detail, fix=fix))
    found += await _of_domains(name, accounts, domains[:MOST_DOMAINS], live, denied)
    if denied:
        what = "; ".join(denied)
        found.append(_refused(name, accounts, next(iter(denied.values())), what))
    if len(domains) > MOST_DOMAINS:
        detail = f"{len(domains) - MOST_DOMAINS} domains more were not tried"
        found.append(Finding(check, ok=True, detail=detail))
    return found


async def _of_domains(
    name: str,
    accounts: _Accounts,
    domains: Sequence[str],
    live: LiveClient,
    denied: dict[str, errors.LiveError],
) -> list[Finding]:
    """Whether each domain's tasks can be read; where RAM says no, that is added to `denied`."""
    found = []
    for domain in domains:
        what = f"{DESCRIBE_TASKS} of {domain}"
        try:
            query = TaskQuery(domain, region_id=accounts[name].region_id)
            page = await live.describe_preload_tasks(query, page_size=1)
        except errors.PermissionRefused as error:
            denied[what] = error
        except errors.LiveError as error:
            found.append(_refused(name, accounts, error, what))
            if not isinstance(error, errors.ArgumentRefused):
                break  # it would befall each call
        else:
            detail = f"{what} finds {page.total} tasks"
            found.append(Finding(f"Live API for {name}", ok=True, detail=detail))
    return found


def _refused(name: str, accounts: _Accounts, error: errors.LiveError, what: str) -> Finding:
    account = accounts[name]
    fix = _advice(error).format(
        action=what.partition(" ")[0],
        endpoint=account.endpoint,
        setting=f"accounts.{name}",
        keys=_keys(name, accounts, error.code),
        policy=json.dumps(ram_policy(account.domains), indent=2),
    )
    return Finding(f"Live API for {name}", ok=False, detail=f"{what}: {error}", fix=fix)


def _advice(error: errors.LiveError) -> str:
    if error.code.startswith(_ANOTHER_APIS) or (error.http_status is not None and not error.code):
        return _ENDPOINT  # whatever the status: it is not the Live API that answered
    if isinstance(error, errors.ArgumentRefused) and error.argument in {"StartTime", "EndTime"}:
        return _SET_CLOCK  # they were made from it: further back than the API keeps, or to come
    return next(advice for kind, advice in _ADVICE if isinstance(error, kind))


def _keys(name: str, accounts: _Accounts, code: str) -> str:
    """Where the credentials come from that a refusal with this code is about."""
    if accounts[name].key_source == "chain":
        return "what the vendor's provider chain finds (variables, ~/.aliyun/config.json, a role)"
    key = _KEY_OF_CODE.get(code.partition(".")[0])
    return " and ".join(
        f"accounts.{name}.{one} ({_variable(name, accounts, one)})"
        for one in ((key,) if key else _ID_AND_SECRET)
    )


def _variable(name: str, accounts: _Accounts, key: str) -> str:
    """The variable that a key of the account's can be read from."""
    return f"ALIBABA_CLOUD_{key.upper()}{suffix_of(name, accounts)}"


def ram_policy(domains: Sequence[str]) -> dict[str, Any]:
    """The RAM policy that lets the bot read the tasks of these play domains; of none: of all.

    The actions are Live's, the resources CDN's. To list domains is to ask about all of them.
    Source: the vendor's "RAM authorization" reference of ApsaraVideo Live.
    """
    resources = {DESCRIBE_TASKS: domains or ("*",), DESCRIBE_DOMAINS: ("*",)}
    return {
        "Version": "1",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": f"live:{action}",
                "Resource": [f"acs:cdn:*:*:domain/{name}" for name in names],
            }
            for action, names in resources.items()
        ],
    }
