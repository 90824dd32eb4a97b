"""Logging in with the token, and out."""

import time
from collections.abc import Sequence

from aiohttp import web

from pipeline.dashboard.access import COOKIE, HOURS_S, Access
from pipeline.dashboard.timeouts import body_in_time


def login_routes(access: Access) -> Sequence[web.AbstractRouteDef]:
    """Where the form is sent to."""

    async def login(request: web.Request) -> web.Response:
        try:
            async with body_in_time():
                token = (await request.post()).get("token")
        except (LookupError, ValueError, web.RequestPayloadError):
            # An unknown charset, half a form, bytes that are no text.
            raise web.HTTPBadRequest from None
        value = access.log_in(token) if isinstance(token, str) else None
        if value is None:
            raise web.HTTPSeeOther("login?" + ("wait" if access.is_exhausted(time.time()) else "wrong"))
        answer = web.HTTPSeeOther("./")
        secure = request.secure or request.headers.get("X-Forwarded-Proto") == "https"
        answer.set_cookie(COOKIE, value, max_age=HOURS_S, httponly=True, samesite="Strict", secure=secure)
        raise answer

    async def logout(_: web.Request) -> web.Response:
        answer = web.HTTPSeeOther("login")
        answer.del_cookie(COOKIE)
        raise answer

    return [web.post("/login", login), web.post("/logout", logout)]
