"""Raw messages with secrets planted in them, and where they may have come out."""

import json
from collections.abc import Iterable, Iterator
from random import Random
from typing import Any, Final
from urllib.parse import quote

from pipeline.flinks.catalogue import CATALOGUE

SECRETS: Final = {
    "email": "zoe.secret@example.com",
    "password": "Zq7!hunter-of#Pw",
    "passphrase": "correct horse Battery staple?",
    "question": "What was your first pet's name?",
    "answer": "rex the 3rd!",
    "card": "4540123456789010",
    "card with blanks": "4540 1234 5678 9010",
    "account": "00412-003-7654321",
    "telephone": "+1 (514) 555-0199",
    "code": "918273",
    "login": "b92b2bbd-31f8-4e36-795b-08db4111f24d",
    "login in capitals": "B92B2BBD-31F8-4E36-795B-08DB4111F24D",
    "login in one piece": "b92b2bbd31f84e36795b08db4111f24d",
    "token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ6b2UifQ.c2VjcmV0",
    "api key": "SK_LIVE_51H8QZ2J4X9W7V6U5T",
    "address": "https://example.com/done?loginId=b92b2bbd-31f8-4e36-795b-08db4111f24d&tag=zoe",
    "host": "demo-iframe.private.fin.ag/v2/",
    "markup": "<script>alert('zoe')</script>",
    "name": "Zo\u00eb O'Secret; DROP TABLE",
}
"""None of them looks like what belongs into a field that passes, but for the loginIds in the place of a requestId."""
IDS: Final = frozenset({"login", "login in capitals", "login in one piece"})
NUMBERS: Final = (4540123456789010, 7654321, 918273, -5145550199, 4540123456.789)

WORDS: Final = {"username": "zqsecretuser", "tag": "ZqSecretTag", "pet": "ZQREXTHEPET"}
"""Such words may be an institution's name for all that one can tell: planted only where nothing ever passes."""
PRIVATE_FIELDS: Final = (
    *("username", "password", "accountId", "AccountId", "accounts", "Tag", "tag", "Message", "message", "prompt"),
    *("answer", "securityResponses", "Prompt", "Links", "Username", "url", "extra", "__proto__"),
)

_REQUEST: Final = "3eb951d4-5738-4004-81b2-fb28c5e4c1a0"
_SOMETIMES: Final = 0.5
_PLANTED: Final = 0.2
"""Of the fields."""
_TELLING: Final = [name for name, entry in CATALOGUE.items() if entry.attributes]
"""Names of which more passes than of others."""


def traces() -> list[bytes]:
    """How a secret would show, in small letters: as it is, and within an address or JSON."""
    texts = [*SECRETS.values(), *WORDS.values(), *(str(abs(number)) for number in NUMBERS)]
    return sorted({form.lower().encode() for text in texts for form in (text, quote(text), json.dumps(text)[1:-1])})


_TRACES: Final = traces()


def leaks(shown: Iterable[bytes | str]) -> list[bytes]:
    """The secrets that are in what was shown."""
    whole = b"\n".join(one if isinstance(one, bytes) else one.encode("utf-8", "replace") for one in shown).lower()
    return [trace for trace in _TRACES if trace in whole]


class Planter:
    """Makes messages as Flinks does, and plants secrets in any place of them."""

    def __init__(self, seed: int) -> None:
        self._rng = Random(seed)

    def messages(self, number: int) -> Iterator[Any]:
        for _ in range(number):
            yield self._wrapped(self._planted(self._message()))

    def bodies(self, number: int) -> Iterator[Any]:
        for _ in range(number):
            yield self._planted(self._body())

    def _message(self) -> dict[str, Any]:
        name = self._rng.choice(_TELLING if self._chance() else list(CATALOGUE))
        family = {"step": name} if self._chance() else {"flinksCode": name, "requestId": _REQUEST}
        return {
            **family,
            "institution": "RBC",
            "loginId": SECRETS["login"],
            "url": SECRETS["address"],
            "mfaTypes": ["SMS"],
            "cached": False,
            "retryCount": 1,
            "totalAccounts": 3,
            "displayedAccounts": 2,
            "accountId": [SECRETS["account"]],
        }

    def _body(self) -> dict[str, Any]:
        return {
            "HttpStatusCode": self._rng.choice([200, 202, 203, 401, 500]),
            "FlinksCode": self._rng.choice([None, *CATALOGUE]),
            "Message": SECRETS["name"],
            "RequestId": _REQUEST,
            "ResponseType": "GetAccountsDetail",
            "Institution": "RBC",
            "InstitutionId": 1,
            "Login": {"Id": SECRETS["login"], "Username": SECRETS["email"]},
            "SecurityChallenges": [{"Type": "SMS", "Prompt": SECRETS["question"], "Iterables": [SECRETS["answer"]]}],
            "Accounts": [{"AccountNumber": SECRETS["account"], "Holder": SECRETS["name"]}],
        }

    def _planted(self, message: dict[str, Any]) -> dict[str, Any]:
        for field in list(message):
            if self._rng.random() < _PLANTED:
                message[field] = self._put(field, message[field])
        for _ in range(self._rng.randrange(4)):
            message[self._rng.choice(PRIVATE_FIELDS)] = self._nested(
                self._rng.choice([self._secret(), *WORDS.values()])
            )
        if self._chance():
            message[str(self._secret())] = self._secret()
        items = list(message.items())
        self._rng.shuffle(items)
        return dict(items)

    def _put(self, field: str, before: Any) -> Any:
        """A secret in the place of what a field holds, beside it or within it."""
        with_ids = field.lower() != "requestid"
        secret = self._secret(with_ids=with_ids)
        if isinstance(before, int) and self._chance():
            return self._rng.choice(NUMBERS)
        return self._rng.choice([secret, self._nested(secret), [before, secret], f"{before} {secret}", f"{secret}"])

    def _secret(self, *, with_ids: bool = True) -> Any:
        texts = [text for what, text in SECRETS.items() if with_ids or what not in IDS]
        return self._rng.choice([*texts, *NUMBERS])

    def _nested(self, secret: Any) -> Any:
        shapes = (secret, [secret], {"Id": secret}, {"Name": secret, "Type": secret}, [{"type": secret}], [[secret]])
        return self._rng.choice([*shapes, json.dumps({"id": secret})])

    def _wrapped(self, message: Any) -> Any:
        secret = self._secret()
        return self._rng.choice(
            [
                message,
                json.dumps(message),
                {"data": message, "origin": secret},
                {"nativeEvent": {"data": json.dumps(message), "url": secret, "title": secret}},
            ]
        )

    def _chance(self) -> bool:
        return self._rng.random() < _SOMETIMES
