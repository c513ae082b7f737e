"""
Scripts written for dask-cloudprovider: the calls of its constructors and of ``get_cloud_init`` in tests, docstrings,
documentation and notebook (2025.9.0), one for each place, as they stand there. Each goes to the launcher's preview,
which checks every option.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
from distributed.security import Security

import dask_fleet
import dask_fleet.cluster
from dask_fleet import errors, launcher

RAPIDS = "rapidsai/rapidsai:cuda11.0-runtime-ubuntu18.04"
RAPIDS_39 = f"{RAPIDS}-py3.9"
RAPIDS_10 = "rapidsai/rapidsai:cuda10.1-runtime-ubuntu18.04"
DEEP = {"bootstrap": False, "filesystem_size": 120}
P3 = {**DEEP, "docker_image": f"{RAPIDS_10}-py3.9", "instance_type": "p3.2xlarge"}
T4 = {
    "zone": "us-east1-c",
    "machine_type": "n1-standard-1",
    "filesystem_size": 50,
    "ngpus": 2,
    "gpu_type": "nvidia-tesla-t4",
    "docker_image": RAPIDS_39,
    "worker_class": "dask_cuda.CUDAWorker",
    "worker_options": {"rmm_pool_size": "15GB"},
    "bootstrap": False,
}
AWS_VARIABLES = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "secret", "OUTPUT": "json"}
MINIMAL = {"resource_group": "<resource group>", "vnet": "<vnet>", "security_group": "<security group>", "n_workers": 1}
NC12 = {"vm_size": "Standard_NC12s_v3", "docker_image": RAPIDS_39, "worker_class": "dask_cuda.CUDAWorker"}
IDENTITY = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/rg/providers/Microsoft.ManagedIdentity"
    "/userAssignedIdentities/dask-cloudprovider-identity"
)

EC2: list[dict[str, Any]] = [
    # Docstring
    {"env_vars": AWS_VARIABLES},
    {},
    {
        **DEEP,
        "ami": "ami-06d62f645899df7de",
        "docker_image": RAPIDS,
        "instance_type": "g4dn.xlarge",
        "worker_class": "dask_cuda.CUDAWorker",
        "n_workers": 2,
        "env_vars": AWS_VARIABLES,
    },
    {"key_name": "myawesomekey", "security_groups": ["sg-aabbcc112233"]},
    # Tests
    {"asynchronous": True},
    {},
    {**P3, "asynchronous": True, "ami": "ami-0c7c7d78f752f8f17"},
    {**P3, "asynchronous": True, "ami": "ami-04e5539cb82859e69"},
    {"asynchronous": True, "ami": "ami-0e6187593ace05a0c", "bootstrap": False},
    {"asynchronous": True},
    {"env_vars": {"EXTRA_PIP_PACKAGES": "s3fs"}, "docker_args": "--privileged"},
    {**P3, "ami": "ami-0c7c7d78f752f8f17"},
    # gpus.rst, packer.rst, the notebook
    {
        **DEEP,
        "ami": "ami-0c7c7d78f752f8f17",
        "docker_image": RAPIDS_10,
        "instance_type": "p3.2xlarge",
        "worker_module": "dask_cuda.cli.dask_cuda_worker",
    },
    {},
    {"ami": "ami-064f8db7634d19647", "bootstrap": False},
    {**P3, "ami": "ami-0c7c7d78f752f8f17"},
    {**P3, "ami": "ami-04e5539cb82859e69"},
    {
        **DEEP,
        "ami": "ami-06d62f645899df7de",
        "docker_image": RAPIDS,
        "instance_type": "g4dn.xlarge",
        "worker_class": "dask_cuda.CUDAWorker",
        "n_workers": 1,
        "env_vars": AWS_VARIABLES,
    },
]
AZURE: list[dict[str, Any]] = [
    # Docstring
    MINIMAL,
    MINIMAL,
    {**MINIMAL, **NC12},
    # Tests
    {"asynchronous": True},
    {"asynchronous": True},
    {},
    {**NC12, "worker_options": {"rmm_pool_size": "15GB"}},
    {"docker_args": "--privileged"},
    {"docker_image": "foo/bar:baz", "extra_bootstrap": ["echo 'hello world'", "echo 'foo bar'"]},
    # azure.rst
    {"extra_vm_options": {"identity": {"type": "UserAssigned", "user_assigned_identities": {IDENTITY: {}}}}},
]
DIGITALOCEAN: list[dict[str, Any]] = [
    {"n_workers": 1},
    {"n_workers": 1},
    {"asynchronous": True},
    {"asynchronous": True},
    {"docker_args": "--privileged"},
]
GCP: list[dict[str, Any]] = [
    {"n_workers": 1},
    {"n_workers": 1},
    {"asynchronous": True},
    {"security": True, "docker_args": "--privileged", "extra_bootstrap": ["gcloud auth print-access-token"]},
    {"asynchronous": True, "env_vars": {"FOO": "bar"}, "security": True},
    {"n_workers": 1},
    {
        **T4,
        "source_image": "projects/nv-ai-infra/global/images/ngc-docker-11-20200916",
        "asynchronous": True,
        "auto_shutdown": True,
    },
    {
        **T4,
        "source_image": "projects/nv-ai-infra/global/images/packer-1607527229",
        "network": "dask-gcp-network-test",
        "asynchronous": False,
    },
    # security.rst: a Security object
    {"n_workers": 1, "security": ...},
]
CALLS = [
    (module, name, number, options)
    for module, name, calls in (
        ("aws", "EC2Cluster", EC2),
        ("azure", "AzureVMCluster", AZURE),
        ("digitalocean", "DropletCluster", DIGITALOCEAN),
        ("gcp", "GCPCluster", GCP),
    )
    for number, options in enumerate(calls)
]
#: What dask-cloudprovider itself refuses to be without comes from configuration there, too.
SETTINGS = {
    "DASK_CLOUDPROVIDER__AZURE__LOCATION": "westeurope",
    "DASK_CLOUDPROVIDER__AZURE__RESOURCE_GROUP": "rg",
    "DASK_CLOUDPROVIDER__GCP__PROJECTID": "my-project",
    "DASK_CLOUDPROVIDER__DIGITALOCEAN__TOKEN": "dop_v1_secret",
}


@pytest.fixture(scope="module", autouse=True)
def one_launcher() -> Iterator[None]:
    """For all previews: each would start one of its own."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SETTINGS.items():
            patch.setenv(name, value)
        one = launcher.Launcher()
        patch.setattr(
            dask_fleet.cluster,
            "preview",
            lambda provider, options, role: one.ask("preview", provider=provider, options=options, role=role)[
                "user_data"
            ],
        )
        yield
        one.let_go()
        assert one.wait(60)


def security() -> Security:
    return Security.temporary()


@pytest.mark.parametrize(("module", "name", "number", "options"), CALLS)
def test_a_call_runs_when_its_import_line_is_changed(
    module: str, name: str, number: int, options: dict[str, Any]
) -> None:
    if options.get("security") is ...:
        options = {**options, "security": security()}
    cluster_class = getattr(importlib.import_module(f"dask_fleet.{module}"), name)
    if "<resource group>" in str(options):
        # A placeholder, and no name that Azure has: the one option that is refused, and the only one.
        with pytest.raises(errors.ConfigInvalidError) as caught:
            cluster_class.get_cloud_init(**options)
        assert "worker" not in str(caught.value) and "docker" not in str(caught.value)
        options = {**options, "resource_group": "rg", "vnet": "net", "security_group": "nsg"}
    for role in ("scheduler", "worker"):
        text = cluster_class.get_cloud_init(role=role, **options)
        assert text.startswith("#cloud-config")
        assert options.get("docker_image", "") in text
        assert all(key in text for key in options.get("env_vars", {}))
        if "worker_class" in options and role == "worker":
            assert "'dask' 'cuda' 'worker'" in text
        if options.get("worker_options") and role == "worker":
            assert "--rmm-pool-size" in text


def test_there_are_as_many_calls_as_in_its_sources() -> None:
    assert len(CALLS) == 42


@pytest.mark.parametrize("name", dask_fleet.__all__)
def test_everything_public_is_documented(name: str) -> None:
    assert getattr(dask_fleet, name).__doc__


def test_an_unknown_name_is_an_error_with_the_nearest_one() -> None:
    with pytest.raises(errors.ConfigInvalidError, match="instance_type"):
        dask_fleet.EC2Cluster.get_cloud_init(instance_typ="t3.small")
    with pytest.raises(TypeError, match="ami"):
        dask_fleet.EC2Cluster.get_cloud_init(ami=object())


def test_secrets_are_neither_shown_nor_quoted() -> None:
    own = security()
    text = dask_fleet.EC2Cluster.get_cloud_init(security=own, env_vars={"TOKEN": "hush"})
    assert own.tls_client_key.splitlines()[2] not in text
    with pytest.raises(errors.DaskFleetError) as caught:
        wrong = Security(tls_ca_file=own.tls_client_key, tls_client_cert=own.tls_client_key)
        dask_fleet.EC2Cluster.get_cloud_init(security=wrong)
    assert own.tls_client_key.splitlines()[2] not in str(caught.value)
