# Secrets Manager and Parameter Store, by the role of this EC2 instance's profile.

import base64
import hashlib
import hmac
import json
import time

from fetch_http import Doubtful, ask_json, hide, metadata, ways


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


def aws(source, _):
    name, version = source["id"], source.get("version", "")
    region = source.get("region") or name.count(":") > 4 and name.split(":")[3] or imds("placement/region")
    service, target, request = "ssm", "AmazonSSM.GetParameter", {"Name": name, "WithDecryption": True}
    if source["store"] == "aws-sm":
        service, target, request = "secretsmanager", "secretsmanager.GetSecretValue", {"SecretId": name}
        if version:
            # Stages of a rotation have names of AWS.
            request["VersionStage" if version.startswith("AWS") else "VersionId"] = version
    elif version:
        request["Name"] += ":" + version
    host = "%s.%s.amazonaws.com%s" % (service, region, ".cn" * region.startswith("cn-"))
    body = json.dumps(request).encode()
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": target}
    headers = signed(service, region, host, headers, body)
    lasting = "NotFound|InvalidRequest|InvalidParam|Validation|Decryption|InvalidKeyId"
    # A clock that is off, which a time service will set, among them.
    passing = "Throttl|TooMany|Internal|Expired|Signature"
    said = ask_json("https://%s/" % host, headers, body, None, lasting, passing)
    if "SecretBinary" in said:
        return base64.b64decode(said["SecretBinary"])
    return (said.get("SecretString") or said["Parameter"]["Value"]).encode()


ways["aws-sm"] = ways["aws-ssm"] = aws
