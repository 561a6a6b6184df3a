"""A form with one file, read in memory: what people hand in is never put on a disk in the clear."""

from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from runtime.web.problems import Problem, ProblemError

MULTIPART = "multipart/form-data"
_MOST_PARTS, _LONGEST_FIELD, _LONGEST_HEADERS = 12, 4000, 4000  # bytes of a field and of the headers of a part


@dataclass(frozen=True, slots=True)
class Upload:
    """The fields, and the content of the one file, b"" if none was chosen. What its sender calls it is not looked at."""

    fields: dict[str, str]
    content: bytes


def is_upload(content_type: str | None) -> bool:
    """Whether a request says that it is a form with a file."""
    return (content_type or "").partition(";")[0].strip().lower() == MULTIPART


def read_upload(content_type: str, body: bytes, file: str) -> Upload:
    """The form of a body; `file`: the name of the field that is the file. Raises ProblemError for what is no such form."""
    boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
    reading = _Reading(file)
    try:
        if not 0 < len(boundary) <= 100:
            raise ValueError("boundary")
        parser = MultipartParser(boundary, reading.callbacks())  # type: ignore[arg-type]
        parser.write(body)
        parser.finalize()
        return reading.upload()
    except (FormParserError, ValueError):
        raise ProblemError(Problem("no-form", "Nội dung không phải biểu mẫu / not a form", 400)) from None


@dataclass
class _Reading:
    """What the parser's calls add up to. Raises ValueError out of them."""

    file: str
    parts: list[tuple[str, bytearray]] = field(default_factory=list)
    ended: bool = False
    _header: tuple[bytearray, bytearray] = field(default_factory=lambda: (bytearray(), bytearray()))
    _said: bytes = b""
    _size: int = 0

    def callbacks(self) -> dict[str, object]:
        """As the parser takes them."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._more(0, data[start:end]),
            "on_header_value": lambda data, start, end: self._more(1, data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._name,
            "on_part_data": self._content,
            "on_end": self._end,
        }

    def upload(self) -> Upload:
        """All of it, once."""
        names = [name for name, _ in self.parts]
        if not self.ended or len(set(names)) < len(names):
            raise ValueError("parts")
        found = {name: bytes(content) for name, content in self.parts}
        content = found.pop(self.file, b"")
        return Upload({name: value.decode() for name, value in found.items()}, content)

    def _begin(self) -> None:
        self._said, self._size = b"", 0
        if len(self.parts) >= _MOST_PARTS:
            raise ValueError("too many parts")

    def _more(self, which: int, data: bytes) -> None:
        self._size += len(data)
        if self._size > _LONGEST_HEADERS:
            raise ValueError("headers")
        self._header[which].extend(data)

    def _end_header(self) -> None:
        if bytes(self._header[0]).lower() == b"content-disposition":
            self._said = bytes(self._header[1])
        self._header[0].clear()
        self._header[1].clear()

    def _name(self) -> None:
        kind, options = parse_options_header(self._said)
        if kind != b"form-data" or b"name" not in options:
            raise ValueError("no name")
        self.parts.append((options[b"name"].decode(), bytearray()))

    def _content(self, data: bytes, start: int, end: int) -> None:
        name, content = self.parts[-1]
        content.extend(data[start:end])
        if name != self.file and len(content) > _LONGEST_FIELD:
            raise ValueError("field")

    def _end(self) -> None:
        self.ended = True
