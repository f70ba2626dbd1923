# SPDX-License-Identifier: Apache-2.0
"""Is the document a sound OpenAPI 3.1 document, and do answers look as it says?

usage: check_answers.py DOCUMENT ANSWERS
ANSWERS has a JSON line each: method, path (of the document), status, type, body. Prints what is wrong.
"""
import json
import sys

from jsonschema import Draft202012Validator, FormatChecker

METHODS = {"get", "post", "delete", "put", "patch", "head", "options"}
OPERATION_KEYS = {"operationId", "summary", "description", "parameters", "requestBody", "responses", "security",
                  "x-role"}


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def resolve(document, reference):
    assert reference.startswith("#/"), reference
    node = document
    for part in reference[2:].split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def schemas(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "schema":
                yield value
            elif key != "schemas":
                yield from schemas(value)
    elif isinstance(node, list):
        for value in node:
            yield from schemas(value)


def structure(document):
    assert document["openapi"].startswith("3.1."), document["openapi"]
    assert {"title", "version"} <= set(document["info"])
    used = set(references(document))
    for reference in used:
        resolve(document, reference)
    named = document["components"]["schemas"]
    for name in named:
        assert f"#/components/schemas/{name}" in used, f"schema {name} is used by nothing"
    for schema in [*named.values(), *schemas(document["paths"])]:
        Draft202012Validator.check_schema(schema)
    ids = set()
    for path, item in document["paths"].items():
        assert path.startswith("/") and set(item) <= METHODS, path
        for method, operation in item.items():
            where = f"{method} {path}"
            assert set(operation) <= OPERATION_KEYS, f"{where}: {set(operation) - OPERATION_KEYS}"
            assert operation["summary"] and operation["operationId"] not in ids, where
            ids.add(operation["operationId"])
            assert "default" in operation["responses"] and len(operation["responses"]) > 1, where
            seen = set()
            for parameter in operation.get("parameters", []):
                assert parameter["in"] in ("path", "query"), where
                assert parameter["in"] == "query" or parameter["required"], where
                assert (parameter["in"], parameter["name"]) not in seen and "schema" in parameter, where
                seen.add((parameter["in"], parameter["name"]))


def check(document, line):
    operation = document["paths"][line["path"]][line["method"].lower()]
    responses = operation["responses"]
    response = responses.get(str(line["status"])) or (responses["default"] if line["status"] >= 400 else None)
    if response is None:
        return [f"status {line['status']} is not described"]
    if "$ref" in response:
        response = resolve(document, response["$ref"])
    if "content" not in response:
        return ["a body that is not described"] if line["body"] else []
    content = response["content"].get(line["type"].split(";")[0])
    if content is None:
        return [f"type {line['type']} is not described"]
    if not line["type"].split(";")[0].endswith("json"):
        return []
    root = {**content["schema"], "components": document["components"]}
    validator = Draft202012Validator(root, format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(json.loads(line["body"]))]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        document = json.load(file)
    structure(document)
    wrong = 0
    covered = set()
    with open(sys.argv[2], encoding="utf-8") as file:
        for text in file:
            line = json.loads(text)
            if line["status"] < 400:
                covered.add((line["method"].lower(), line["path"]))
            for problem in check(document, line):
                wrong += 1
                print(f"{line['method']} {line['path']} {line['status']}: {problem}")
    for path, item in document["paths"].items():
        for method in item:
            if (method, path) not in covered and path != "/events/stream":
                wrong += 1
                print(f"{method} {path}: no good answer was looked at")
    sys.exit(1 if wrong else 0)


main()
