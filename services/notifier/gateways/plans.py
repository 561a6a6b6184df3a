"""What is set about a gateway."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, TypeAdapter, ValidationError, model_validator

Kind = Literal["http", "kannel", "wscpmt"]
_URL = TypeAdapter(HttpUrl)
Value = str | int | bool


class Form(BaseModel):
    """What is posted to an HTTP gateway as JSON, and how its answer is read.

    In `body` and `headers`, `{client_id}`, `{to}` (+84...), `{to84}` (84...), `{to0}` (0...), `{brand}`, `{text}`, `{user}`,
    `{token}` are filled in. `code`: the field of the answer with the gateway's own code (dots reach into objects); with it the
    codes of the lists count before the HTTP status, and another code is odd.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    body: dict[str, Value] = {"client_id": "{client_id}", "to": "{to}", "brand": "{brand}", "text": "{text}"}
    headers: dict[str, str] = {}
    code: str = ""
    taken: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    busy: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.code and not self.taken:
            raise ValueError("a form that names the field of a code says which codes mean taken")
        written = " ".join(str(value) for value in self.body.values())
        missing = [name for name in ("{client_id}", "{text}") if name not in written]
        if missing or not any(name in written for name in ("{to}", "{to84}", "{to0}")):
            raise ValueError("a form posts at least {client_id}, {text} and one of {to}, {to84}, {to0}")
        return self


DEFAULT_FORM = Form()


class Plan(BaseModel):
    """One gateway. Its password or token is a setting of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: str
    kind: Kind = "http"
    name: str = Field(default="", max_length=40, pattern=r"^[a-z0-9-]*$")
    user: str = ""
    cp_code: str = ""
    form: Form = DEFAULT_FORM
    deduplicates: bool = False
    receipts: bool = False
    per_second: float = Field(default=20.0, gt=0, le=1000)
    width: int = Field(default=10, ge=1, le=100)
    seconds: float = Field(default=10.0, gt=0, le=20)

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        try:
            _URL.validate_python(self.url)
        except ValidationError:
            raise ValueError("url is no http or https address") from None
        if self.kind != "http" and self.form != DEFAULT_FORM:
            raise ValueError(f"a form is for gateways of kind http, not {self.kind}")
        return self
