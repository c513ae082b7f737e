# Secrets Manager and Parameter Store, by the role of this EC2 instance's profile.

import base64
import hashlib
import hmac
import json
import re
import time

from fetch_http import Doubtful, Lasting, Passing, ask, hide, metadata, tokens, ways

IMDS = ("169.254.169.254", "[fd00:ec2::254]")
LASTING = "NotFound|InvalidRequest|InvalidParameter|ValidationException|Decryption|InvalidKeyId"
# A clock that is off, which a time service will set, among them.
PASSING = "Throttl|TooMany|Internal|Expired|Signature"


def imds(path):
    if "imds" not in tokens:
        answer = metadata("/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds": "300"}, "PUT", IMDS)
        if answer.status != 200:
            raise Doubtful(answer.refusal())
        tokens["imds"] = hide(answer.body.decode())
    answer = metadata("/latest/meta-data/" + path, {"X-aws-ec2-metadata-token": tokens["imds"]}, hosts=IMDS)
    return answer.body.decode() if answer.status == 200 else ""


def signed(service, region, host, headers, body):
    # Signature Version 4 of a POST to the root. The names of headers must be in lower case.
    path = "iam/security-credentials/"
    role = imds(path)
    if not role:
        raise Doubtful("this machine has no identity: no instance profile (iamInstanceProfile)")
    said = json.loads(imds(path + role))
    if said["Code"] != "Success":
        raise Doubtful("the role %s gives no credentials: %s" % (role, said["Code"]))
    at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    token = {"host": host, "x-amz-date": at, "x-amz-security-token": hide(said["Token"])}
    headers = dict(headers, **token)
    names = ";".join(sorted(headers))
    lines = ["%s:%s" % (name, headers[name]) for name in sorted(headers)]
    lines = ["POST", "/", ""] + lines + ["", names, hashlib.sha256(body).hexdigest()]
    scope = "%s/%s/%s/aws4_request" % (at[:8], region, service)
    text = "\n".join(["AWS4-HMAC-SHA256", at, scope, hashlib.sha256("\n".join(lines).encode()).hexdigest()])
    key = b"AWS4" + said["SecretAccessKey"].encode()
    for word in scope.split("/") + [text]:
        key = hmac.new(key, word.encode(), "sha256").digest()
    form = "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s"
    return dict(headers, authorization=form % (said["AccessKeyId"], scope, names, key.hex()))


def aws(source, _):
    name, version = source["id"], source.get("version")
    region = source.get("region") or (name.split(":") + [""] * 3)[3] or imds("placement/region")
    service, target = "secretsmanager", "secretsmanager.GetSecretValue"
    # Stages of a rotation have names of AWS.
    request = {"SecretId": name, "VersionStage" if str(version).startswith("AWS") else "VersionId": version}
    if source["store"] == "aws-ssm":
        service, target = "ssm", "AmazonSSM.GetParameter"
        request = {"Name": name + (":" + version if version else ""), "WithDecryption": True}
    host = "%s.%s.amazonaws.com%s" % (service, region, ".cn" * region.startswith("cn-"))
    body = json.dumps({key: request[key] for key in request if request[key]}).encode()
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": target}
    answer = ask("https://%s/" % host, signed(service, region, host, headers, body), body)
    said = answer.json()
    if answer.status != 200:
        code = str(said.get("__type"))
        kinds = [kind for kind, codes in ((Passing, PASSING), (Lasting, LASTING)) if re.search(codes, code)]
        raise (kinds + [Doubtful])[0](answer.refusal())
    text = said.get("SecretString", said.get("Parameter", {}).get("Value"))
    return base64.b64decode(said["SecretBinary"]) if text is None else text.encode()


ways["aws-sm"] = ways["aws-ssm"] = aws
