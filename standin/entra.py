"""The token endpoint: a client's secret, or an assertion signed with its certificate, for a token."""

import secrets
import time
from typing import Any

import jwt
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Entra:
    def __init__(self, tenant_id: str, client_id: str) -> None:
        self.tenant_id = tenant_id
        self.client_id = client_id
        self.client_secret: str | None = secrets.token_urlsafe()
        self.secret_has_expired = False
        self.certificate: x509.Certificate | None = None
        self.lifetime_seconds = 3_599
        self._good_until: dict[str, float] = {}

    def accepts(self, authorization: str) -> bool:
        scheme, _, token = authorization.partition(" ")
        return scheme.lower() == "bearer" and self._good_until.get(token, 0) > time.time()

    def revoke_tokens(self) -> None:
        self._good_until.clear()

    def discovery(self, origin: str) -> web.Response:
        """What msal, and so the synchronous azure-identity, reads first."""
        house = f"{origin}/{self.tenant_id}"
        return web.json_response(
            {
                "issuer": f"{house}/v2.0",
                "authorization_endpoint": f"{house}/oauth2/v2.0/authorize",
                "token_endpoint": f"{house}/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{house}/oauth2/v2.0/devicecode",
            }
        )

    def token(self, tenant: str, form: Any, address: str) -> web.Response:
        if tenant != self.tenant_id:
            return _refusal(400, "invalid_request", f"AADSTS90002: Tenant '{tenant}' not found.")
        if form.get("grant_type") != "client_credentials":
            return _refusal(400, "unsupported_grant_type", "AADSTS70003: The grant type is not supported.")
        if not str(form.get("scope", "")).endswith("/.default"):
            return _refusal(400, "invalid_scope", "AADSTS1002012: The scope is not valid.")
        if form.get("client_id") != self.client_id:
            return _refusal(400, "unauthorized_client", "AADSTS700016: Application was not found.")
        if "client_assertion" in form:
            kind = str(form.get("client_assertion_type"))
            if not self._signed(str(form["client_assertion"]), kind, address):
                return _refusal(401, "invalid_client", "AADSTS700027: The assertion's signature is invalid.")
        elif self.secret_has_expired:
            return _refusal(
                401, "invalid_client", "AADSTS7000222: The provided client secret keys are expired."
            )
        elif self.client_secret is None or form.get("client_secret") != self.client_secret:
            return _refusal(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.")
        token = secrets.token_urlsafe(32)
        self._good_until[token] = time.time() + self.lifetime_seconds
        return web.json_response(
            {
                "token_type": "Bearer",
                "expires_in": self.lifetime_seconds,
                "ext_expires_in": self.lifetime_seconds,
                "access_token": token,
            }
        )

    def _signed(self, assertion: str, kind: str, address: str) -> bool:
        if self.certificate is None or kind != _ASSERTION_TYPE:
            return False
        key = self.certificate.public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            return False
        try:
            claims = jwt.decode(
                assertion,
                key,
                algorithms=["RS256", "PS256"],
                audience=address,
                options={"require": ["exp", "iss", "sub", "jti"]},
            )
        except jwt.InvalidTokenError:
            return False
        return bool(claims["iss"] == claims["sub"] == self.client_id)


def _refusal(status: int, error: str, description: str) -> web.Response:
    code = int(description.removeprefix("AADSTS").partition(":")[0])
    answer = {"error": error, "error_description": description, "error_codes": [code]}
    return web.json_response(answer, status=status)
