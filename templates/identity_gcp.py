# What Google signs about this machine: a JSON Web Token for one key. A machine without a service account gets none.

from identity_service import ask, without_ipv4

without_ipv4("http://[fd20:ce::254]")


def identity(key256):
    query = "?audience=dask-fleet:%s&format=full" % key256
    path = "/computeMetadata/v1/instance/service-accounts/default/identity"
    return ask(path + query, {"Metadata-Flavor": "Google"}).strip()
