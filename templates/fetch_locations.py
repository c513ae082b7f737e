# Where else on the machine TLS files are wanted. Dask may be another user than root.

import os

from fetch_http import ways


def copy_files(locations, _, write):
    os.umask(0o022)
    for name, path in locations.items():
        with open("tls/%s.pem" % name, "rb") as file:
            write(os.environ.get("DASK_FLEET_ROOT", "") + path, file.read())
    os.umask(0o077)


ways["locations"] = copy_files
