"""Exceptions: one class for each code of dask-fleet's errors.

Classes are looked up by code: one that this version does not know still arrives, as a plain :class:`DaskFleetError`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar


class DaskFleetError(Exception):
    """What dask-fleet reports on purpose. Match on the class or on ``code``, not on the message."""

    #: The code of this class: by its name, if it has none. ``error.code`` is that of the error itself.
    CODE: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        if not cls.CODE:
            cls.CODE = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__.removesuffix("Error")).upper()

    def __init__(self, message: str, *, code: str = "", details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        #: What went wrong, for programs: ``"QUOTA_EXCEEDED"``.
        self.code = code or self.CODE
        #: Everything else that the launcher said about it.
        self.details: dict[str, Any] = dict(details or {})
        #: What may remain and cost money: ``[{"kind": "instance", "id": "i-…"}]``.
        self.left: list[Any] = list(self.details.get("left") or [])
        #: Whether the same call may succeed later.
        self.retryable = bool(self.details.get("retryable", False))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (self.args[0], self.code, self.details)


class ConfigInvalidError(DaskFleetError):
    """An option, an argument or a configuration file is invalid."""


class SecurityInvalidError(DaskFleetError):
    """Certificates, keys or TLS settings that a Dask peer would refuse."""


class AuthorityMissingError(DaskFleetError):
    """New machines need certificates, and this process does not have the CA's key that signs them."""


class UserDataTooLargeError(DaskFleetError):
    """A machine's user data exceeds the cloud's limit."""


class SdkMissingError(DaskFleetError):
    """The cloud's SDK is not installed; the message has the command that does it."""


class AuthFailedError(DaskFleetError):
    """Credentials are missing, rejected, or lack a permission."""


class QuotaExceededError(DaskFleetError):
    """A quota of the account is used up."""


class CapacityUnavailableError(DaskFleetError):
    """The cloud has no such machines right now."""


class MachineCreateFailedError(DaskFleetError):
    """Requested machines did not come up."""


class ProviderFailedError(DaskFleetError):
    """Another call of the cloud's API failed."""


class PythonUnsuitableError(DaskFleetError):
    """No Python on this computer can run Dask."""


class StartFailedError(DaskFleetError):
    """A machine exists, but Dask did not start on it."""


class FleetTimeoutError(DaskFleetError, TimeoutError):
    """The time for this step is up."""

    CODE = "TIMEOUT"


class SchedulerUnreachableError(DaskFleetError):
    """No connection to the scheduler."""


class SchedulerRefusedError(DaskFleetError):
    """The scheduler rejects our certificate, or has a wrong one."""


class ProtocolViolationError(DaskFleetError):
    """An answer violates Dask's protocol."""


class RemoteError(DaskFleetError):
    """The scheduler answered with an exception."""

    CODE = "REMOTE_ERROR"


class ClusterNotFoundError(DaskFleetError):
    """No cluster has that name or id."""


class StateUntrustedError(DaskFleetError):
    """A state file of dask-fleet on this computer is not the user's alone."""


class StateUnwritableError(DaskFleetError):
    """A state file of dask-fleet on this computer cannot be written."""


class CommandFailedError(DaskFleetError):
    """A command failed."""


class JobFailedError(DaskFleetError):
    """A job was refused, lost its machine, or wrote an unusable result."""


class JobNotFoundError(DaskFleetError):
    """The scheduler knows no such job."""


class CallFailedError(DaskFleetError):
    """A Python function failed, or cannot be called."""


class WrongStateError(DaskFleetError):
    """The call does not fit the cluster's state."""


class ClosedError(DaskFleetError):
    """The cluster, or the connection to it, was closed."""


class TeardownIncompleteError(DaskFleetError):
    """Something could not be removed and may still cost money; see ``left``."""


class LauncherGoneError(DaskFleetError):
    """The ``dask-fleet`` program of this cluster ended or does not answer. The message ends with its last output."""

    CODE = "GONE"


class LauncherMissingError(DaskFleetError):
    """No ``dask-fleet`` program was found, or it speaks another protocol; the message says how to install one."""


def _by_code(root: type[DaskFleetError] = DaskFleetError) -> dict[str, type[DaskFleetError]]:
    return {each.CODE: each for each in root.__subclasses__()}


def error_of(answer: Mapping[str, Any]) -> DaskFleetError:
    """The exception for an ``error`` of the protocol."""
    code = str(answer.get("code", ""))
    details = {name: value for name, value in answer.items() if name not in ("code", "message")}
    return _rebuilt(str(answer.get("message", code)), code, details)


def _rebuilt(message: str, code: str, details: Mapping[str, Any]) -> DaskFleetError:
    return _by_code().get(code, DaskFleetError)(message, code=code, details=details)
