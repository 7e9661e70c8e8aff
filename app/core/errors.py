"""What a rule or an outside service says when it refuses."""

from __future__ import annotations


class DomainError(Exception):
    """A rule of the trade said no; the message is shown to the person, in French. `about`: the field of the
    form that it is about, when it is about one."""

    def __init__(self, message: str, about: str = "") -> None:
        super().__init__(message)
        self.message, self.about = message, about


class StalePage(DomainError):
    """The thing changed since the person opened the page; what they typed stays on their form."""

    def __init__(self) -> None:
        super().__init__(
            "Quelqu’un a changé cela pendant que vous écriviez."
            " Rouvrez la page pour voir ce qui a changé, puis recommencez."
        )


class ServiceUnavailable(Exception):
    """An outside service (mail, storage, timestamp) does not answer: the work waits, it never degrades."""

    def __init__(self, service: str, detail: str = "") -> None:
        super().__init__(f"{service}: {detail}" if detail else service)
        self.service = service
