"""What goes wrong at a server or on the way to it.

ConnectionError
  RemoteError            .status: the server's HTTP status, None where it gave none
"""


class RemoteError(ConnectionError):
    """A server did not do what it was asked; the message says what it said."""

    def __init__(self, message: str, status: int | None = None):
        super().__init__(message)
        self.status = status
