"""One byte form for a JSON document, so that its hash is the same wherever it is computed."""

import hashlib
import json
from typing import Any


def canonical_json(document: Any) -> bytes:
    """Sorted keys, no spaces, UTF-8, no NaN: equal documents give equal bytes."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def sha256_of(document: Any) -> str:
    return hashlib.sha256(canonical_json(document)).hexdigest()
