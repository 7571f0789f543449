"""How Stripe says no: an error object with a type, a code and the parameter at fault."""


class Refusal(Exception):
    """An answer other than 200. `is_kept` says whether an idempotency key replays it."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        is_kept: bool = True,
    ) -> None:
        super().__init__(message)
        self.status, self.kind, self.code, self.param, self.is_kept = status, kind, code, param, is_kept

    def as_json(self, request_id: str) -> dict[str, object]:
        """The body that Stripe's libraries read."""
        error: dict[str, object] = {"type": self.kind, "message": str(self)}
        if self.code:
            error["code"] = self.code
            error["doc_url"] = "https://stripe.com/docs/error-codes/" + self.code.replace("_", "-")
        if self.param:
            error["param"] = self.param
        error["request_log_url"] = f"https://dashboard.stripe.com/test/logs/{request_id}"
        return {"error": error}


def wrong_parameter(message: str, param: str, code: str | None = "parameter_invalid") -> Refusal:
    """A parameter that cannot be used; nothing was begun, so the idempotency key stays free."""
    return Refusal(message, code=code, param=param, is_kept=False)


def missing(kind: str, object_id: str, param: str = "id") -> Refusal:
    """An id that names nothing."""
    return Refusal(f"No such {kind}: '{object_id}'", status=404, code="resource_missing", param=param)
