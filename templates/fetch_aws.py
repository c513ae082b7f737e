# Secrets Manager and Parameter Store, by the role of this EC2 instance's profile.

import base64
import json

from fetch_aws_signed import imds, signed
from fetch_http import ask_json, ways


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
