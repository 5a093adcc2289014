"""What schemathesis loads: every request is made signed in anew, so that a run that signs itself out goes on."""

import os

import requests
import schemathesis
from schemathesis import AuthContext, Case

_CALLER = os.environ["FUZZ_CALLER"]
_TOKENS = os.environ["FUZZ_TOKENS"]
_connection = requests.Session()

if _CALLER != "nobody":

    @schemathesis.auth(refresh_interval=None)
    class SignedIn:
        """A token for each request; schemathesis' own checks leave it out where they ask what happens without."""

        def get(self, _case: Case, _context: AuthContext) -> str:
            return _connection.get(_TOKENS, params={"caller": _CALLER}, timeout=10).text

        def set(self, case: Case, data: str, _context: AuthContext) -> None:
            case.headers["Authorization"] = f"Bearer {data}"
