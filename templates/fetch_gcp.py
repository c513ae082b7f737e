# Google's Secret Manager, by this machine's service account.

import base64

from fetch_http import Doubtful, Lasting, ask, hide, metadata, tokens, ways


def google(path):
    path = "/computeMetadata/v1/instance/service-accounts/default/" + path
    answer = metadata(path, {"Metadata-Flavor": "Google", "Host": "metadata.google.internal"})
    if answer.status == 404:
        raise Doubtful("this machine has no identity: no service account")
    if answer.status != 200:
        raise Doubtful(answer.refusal())
    return answer


def gcp(source, _):
    if "gcp" not in tokens:
        tokens["gcp"] = hide(google("token").json()["access_token"])
    url = "https://secretmanager.googleapis.com/v1/%s:access" % source["id"]
    answer = ask(url, {"Authorization": "Bearer " + tokens["gcp"]})
    if answer.status != 200:
        lasting = answer.json()["error"]["status"] in ("NOT_FOUND", "FAILED_PRECONDITION", "INVALID_ARGUMENT")
        raise (Lasting if lasting else Doubtful)(answer.refusal())
    return base64.b64decode(answer.json()["payload"]["data"])


ways["gcp-sm"] = gcp
