"""dask-cloudprovider's keyword arguments, as the launcher takes them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from distributed.security import Security

#: Arguments of Dask's own classes that say nothing about machines.
PYTHON_ONLY = ("scheduler_sync_interval", "shutdown_scheduler", "quiet")
#: ``worker_command`` of dask-cloudprovider, as a module.
COMMANDS = {"dask-cuda-worker": "dask cuda worker", "dask-worker": None}
#: The fields of a Security object. Keys go as what they are: paths, or PEM texts.
FIELDS = (
    *("tls_ca_file", "tls_client_cert", "tls_client_key", "tls_scheduler_cert", "tls_scheduler_key"),
    *("tls_worker_cert", "tls_worker_key", "tls_ciphers"),
)
VERSIONS = ("tls_min_version", "tls_max_version")


def launcher_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """
    Keyword arguments as JSON. ``None`` is "not given", as in dask-cloudprovider.

    Raises TypeError for values that no JSON can hold.
    """
    options = {name: _plain(value, name) for name, value in given.items() if value is not None}
    for name in PYTHON_ONLY:
        options.pop(name, None)
    security = given.get("security")
    if options.get("protocol") == ("tcp" if security is False else "tls"):
        del options["protocol"]
    if options.get("worker_command") in COMMANDS:
        module = COMMANDS[options.pop("worker_command")]
        if module is not None:
            options.setdefault("worker_module", module)
    return options


def security_fields(security: Security) -> dict[str, Any]:
    """A Security object by its fields: nothing is pickled."""
    fields = {name: value for name in FIELDS if (value := getattr(security, name)) is not None}
    for name in VERSIONS:
        version = getattr(security, name)
        if version is not None:
            fields[name] = version.name.removeprefix("TLSv").replace("_", ".")
    return {**fields, "require_encryption": bool(security.require_encryption)}


def security_of(fields: Mapping[str, Any] | None) -> Security:
    """The Security object of a cluster, from the fields of an answer."""
    if fields is None:
        return Security(require_encryption=False)
    known = {name: fields[name] for name in FIELDS if fields.get(name) is not None}
    return Security(require_encryption=bool(fields.get("require_encryption", True)), **known)


def _plain(value: Any, name: str) -> Any:
    if isinstance(value, Security):
        return security_fields(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(each, name) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(each, name) for each in value]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    raise TypeError(f"{name}: a {type(value).__name__} cannot be sent to the launcher")
