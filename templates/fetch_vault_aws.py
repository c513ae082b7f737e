# Vault asks AWS who this machine is, by a question that the machine has signed.

import base64
import json

from fetch_aws_signed import signed
from fetch_http import ways


def coded(data):
    return base64.b64encode(data).decode()


def by_aws(_):
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    headers = signed("sts", "us-east-1", "sts.amazonaws.com", headers, body)
    return {
        "iam_http_request_method": "POST",
        "iam_request_url": coded(b"https://sts.amazonaws.com/"),
        "iam_request_body": coded(body),
        "iam_request_headers": coded(json.dumps(headers).encode()),
    }


ways["vault by aws"] = by_aws
