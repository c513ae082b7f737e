# What EC2 signs about this machine: a PKCS#7 message in base64, with the document in it. It cannot name a key.

from identity_service import ask, without_ipv4

without_ipv4("http://[fd00:ec2::254]")


def identity(_key256):
    token = ask("/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds": "60"}, "PUT")
    headers = {"X-aws-ec2-metadata-token": token}
    return "".join(ask("/latest/dynamic/instance-identity/rsa2048", headers).split())
