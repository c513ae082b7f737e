# A member of a secret that is a JSON object.

import json

from fetch_http import Lasting, ways


def field_of(secret, name):
    try:
        value = json.loads(secret)[name]
        return (json.dumps(value) if isinstance(value, (int, float)) else value).encode()
    except (LookupError, TypeError, ValueError, AttributeError):
        # Without its text, which is the secret.
        raise Lasting("no JSON object with a text %s" % name) from None


ways["field"] = field_of
