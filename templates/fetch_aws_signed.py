# Requests that are signed by the role of this EC2 instance's profile.

import hashlib
import hmac
import json
import time

from fetch_http import Doubtful, hide, metadata


def imds(path, **more):
    token = metadata("/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds": "60"}, "PUT", **more)
    return metadata("/latest/meta-data/" + path, {"X-aws-ec2-metadata-token": hide(token)}, **more)


def signed(service, region, host, headers, body):
    # Signature Version 4 of a POST to the root. The names of headers must be in lower case.
    path = "iam/security-credentials/"
    role = json.loads(imds(path + imds(path)))
    if role["Code"] != "Success":
        raise Doubtful("the instance profile's role: %s" % role["Code"])
    at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    headers = dict(headers, **{"host": host, "x-amz-date": at, "x-amz-security-token": hide(role["Token"])})
    names = ";".join(sorted(headers))
    lines = ["POST", "/", ""] + [name + ":" + headers[name] for name in sorted(headers)]
    lines += ["", names, hashlib.sha256(body).hexdigest()]
    scope = "%s/%s/%s/aws4_request" % (at[:8], region, service)
    text = "\n".join(["AWS4-HMAC-SHA256", at, scope, hashlib.sha256("\n".join(lines).encode()).hexdigest()])
    key = b"AWS4" + role["SecretAccessKey"].encode()
    for word in scope.split("/") + [text]:
        key = hmac.new(key, word.encode(), "sha256").digest()
    words = (role["AccessKeyId"], scope, names, key.hex())
    return dict(headers, authorization="AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s" % words)
