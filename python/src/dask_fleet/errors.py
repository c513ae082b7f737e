"""Exceptions: one class for each code of dask-fleet's errors.

Classes are looked up by code, so a code that this version does not know still arrives, as a plain :class:`DaskFleetError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class DaskFleetError(Exception):
    """What dask-fleet reports on purpose. Match on the class or on ``code``, not on the message."""

    #: The code of this class; ``error.code`` is that of the error itself.
    CODE: ClassVar[str] = ""

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

    CODE = "CONFIG_INVALID"


class SecurityInvalidError(DaskFleetError):
    """Certificates, keys or TLS settings that a Dask peer would refuse."""

    CODE = "SECURITY_INVALID"


class UserDataTooLargeError(DaskFleetError):
    """A machine's user data exceeds the cloud's limit."""

    CODE = "USER_DATA_TOO_LARGE"


class SdkMissingError(DaskFleetError):
    """The cloud's SDK is not installed; the message has the command that does it."""

    CODE = "SDK_MISSING"


class AuthFailedError(DaskFleetError):
    """Credentials are missing, rejected, or lack a permission."""

    CODE = "AUTH_FAILED"


class QuotaExceededError(DaskFleetError):
    """A quota of the account is used up."""

    CODE = "QUOTA_EXCEEDED"


class CapacityUnavailableError(DaskFleetError):
    """The cloud has no such machines right now."""

    CODE = "CAPACITY_UNAVAILABLE"


class MachineCreateFailedError(DaskFleetError):
    """Requested machines did not come up."""

    CODE = "MACHINE_CREATE_FAILED"


class ProviderFailedError(DaskFleetError):
    """Another call of the cloud's API failed."""

    CODE = "PROVIDER_FAILED"


class PythonUnsuitableError(DaskFleetError):
    """No Python on this computer can run Dask."""

    CODE = "PYTHON_UNSUITABLE"


class StartFailedError(DaskFleetError):
    """A machine exists, but Dask did not start on it."""

    CODE = "START_FAILED"


class FleetTimeoutError(DaskFleetError, TimeoutError):
    """The time for this step is up."""

    CODE = "TIMEOUT"


class SchedulerUnreachableError(DaskFleetError):
    """No connection to the scheduler."""

    CODE = "SCHEDULER_UNREACHABLE"


class SchedulerRefusedError(DaskFleetError):
    """The scheduler rejects our certificate, or has a wrong one."""

    CODE = "SCHEDULER_REFUSED"


class ProtocolViolationError(DaskFleetError):
    """An answer violates Dask's protocol."""

    CODE = "PROTOCOL_VIOLATION"


class RemoteError(DaskFleetError):
    """The scheduler answered with an exception."""

    CODE = "REMOTE_ERROR"


class ClusterNotFoundError(DaskFleetError):
    """No cluster has that name or id."""

    CODE = "CLUSTER_NOT_FOUND"


class StateUntrustedError(DaskFleetError):
    """A state file of dask-fleet on this computer is not the user's alone."""

    CODE = "STATE_UNTRUSTED"


class StateUnwritableError(DaskFleetError):
    """A state file of dask-fleet on this computer cannot be written."""

    CODE = "STATE_UNWRITABLE"


class WrongStateError(DaskFleetError):
    """The call does not fit the cluster's state."""

    CODE = "WRONG_STATE"


class ClosedError(DaskFleetError):
    """The cluster, or the connection to it, was closed."""

    CODE = "CLOSED"


class TeardownIncompleteError(DaskFleetError):
    """Something could not be removed and may still cost money; see ``left``."""

    CODE = "TEARDOWN_INCOMPLETE"


class LauncherGoneError(DaskFleetError):
    """The ``dask-fleet`` program of this cluster ended or does not answer. The message ends with its last words."""

    CODE = "GONE"


class LauncherMissingError(DaskFleetError):
    """No ``dask-fleet`` program was found, or it speaks another protocol; the message says how to install one."""

    CODE = "LAUNCHER_MISSING"


def _by_code(root: type[DaskFleetError] = DaskFleetError) -> dict[str, type[DaskFleetError]]:
    return {each.CODE: each for each in root.__subclasses__()}


def error_of(answer: Mapping[str, Any]) -> DaskFleetError:
    """The exception for an ``error`` of the protocol."""
    code = str(answer.get("code", ""))
    details = {name: value for name, value in answer.items() if name not in ("code", "message")}
    return _rebuilt(str(answer.get("message", code)), code, details)


def _rebuilt(message: str, code: str, details: Mapping[str, Any]) -> DaskFleetError:
    return _by_code().get(code, DaskFleetError)(message, code=code, details=details)
