# Vault checks what Google has signed about this machine.

from urllib.parse import quote

from fetch_gcp import google
from fetch_http import hide, ways


def by_gcp(role):
    answer = google("identity?audience=%s&format=full" % quote("http://vault/" + role, ""))
    return {"jwt": hide(answer.body.decode())}


ways["vault by gcp"] = by_gcp
