"""What Schemathesis cannot know from the contract.

Nearly every path and body names something by an id. An id that was made up finds nothing, so what is behind the
lookup would never be reached: in every second valid call, ids are replaced by those of things that are there. Which
kind of thing an id names, the contract says (`x-id`). The caller's own account and token are left alone, because
without them the rest of the run would only be refused.
"""

import os
import random
import time
import uuid

import requests
import schemathesis

URL = os.environ["SHEPHERD_URL"]
HEADERS = {"Authorization": "Bearer " + os.environ["SHEPHERD_TOKEN"]}
LISTS = {
    "system": "/systems",
    "service": "/services",
    "environment": "/environments",
    "namespace": "/namespaces",
    "template": "/templates",
    "size": "/sizes",
    "cluster": "/clusters",
    "request": "/requests",
    "vm": "/vms",
    "principal": "/people",
    "role": "/roles",
}
# How long what was listed is believed, in seconds: things come and go during a run.
FRESH = 10

# Hypothesis sets the common generator to the same state before each case.
_dice = random.Random()
_known = {}
_listed_at = 0.0
_own = set()


def get(path):
    answer = requests.get(URL + path, headers=HEADERS, timeout=10)
    return answer.json() if answer.ok else {}


def known():
    """Ids of what is there, by kind."""
    global _known, _listed_at
    if time.monotonic() - _listed_at < FRESH:
        return _known
    _listed_at = time.monotonic()
    found = {}
    for kind, path in LISTS.items():
        items = get(path).get("items", [])
        found[kind] = [item["id"] for item in items]
        for item in items:
            versions = [version["id"] for version in item.get("versions", [])]
            found.setdefault(kind + "_version", []).extend(versions)
    if not _own:
        _own.add(get("/me").get("id"))
        _own.update(token["id"] for token in get("/me/tokens").get("items", []))
    _known = {kind: [one for one in ids if one not in _own] for kind, ids in found.items()}
    return _known


def resolve(schema, root):
    while isinstance(schema, dict) and "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        schema = root["components"]["schemas"].get(name, {})
    return schema if isinstance(schema, dict) else {}


def real(value, schema, root):
    """The value with ids of things that are there."""
    schema = resolve(schema, root)
    for option in schema.get("oneOf", []):
        value = real(value, option, root)
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        return {key: real(inner, properties.get(key, {}), root) for key, inner in value.items()}
    if isinstance(value, list):
        return [real(inner, schema.get("items", {}), root) for inner in value]
    ids = known().get(schema.get("x-id"), [])
    return _dice.choice(ids) if ids and isinstance(value, str) else value


def is_valid(case):
    meta = case.meta
    return meta is not None and meta.generation.mode.is_positive


@schemathesis.hook
def before_call(context, case, kwargs):
    root = case.operation.schema.raw_schema
    if is_valid(case) and _dice.random() < 0.5:
        definition = case.operation.definition.raw
        shared = root["paths"].get(case.operation.path, {}).get("parameters", [])
        for parameter in [*shared, *definition.get("parameters", [])]:
            values = {"path": case.path_parameters, "query": case.query}.get(parameter.get("in"))
            if values and parameter["name"] in values:
                values[parameter["name"]] = real(values[parameter["name"]], parameter["schema"], root)
        content = definition.get("requestBody", {}).get("content", {}).get("application/json", {})
        if isinstance(case.body, (dict, list)):
            case.body = real(case.body, content.get("schema", {}), root)
    known()
    for name, value in (case.path_parameters or {}).items():
        if value in _own:
            case.path_parameters[name] = str(uuid.uuid4())
