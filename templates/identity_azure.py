# What Azure signs about this machine: a PKCS#7 message in base64, for one key.

import base64
import json
import time

from identity_service import ask


def identity(key256):
    # 32 letters and digits are what Azure takes.
    nonce = key256[:32]
    path = "/metadata/attested/document?api-version=2020-09-01&nonce=" + nonce
    signed = ""
    # The service may answer with a message that it made for an earlier question.
    for pause in (1, 2, 4, 8, 0):
        signed = json.loads(ask(path, {"Metadata": "true"}))["signature"]
        if nonce.encode() in base64.b64decode(signed):
            break
        time.sleep(pause)
    return signed
