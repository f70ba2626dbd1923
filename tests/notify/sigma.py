#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A small, strict reader of Sigma rules, independent of the program that writes the events.

  sigma.py RULES_DIR < EVENTS.jsonl    for each line the rules that match it, by file stem
                                       (correlations: at the line that completes them)

Only the part of Sigma that rules/sigma uses is known. Anything else is refused (exit code 2), so that
no rule can match less than it says without anybody seeing it.
"""
import datetime
import json
import pathlib
import re
import sys
import uuid

import yaml

LEVELS = {"informational", "low", "medium", "high", "critical"}
STATUS = {"stable", "test", "experimental"}
COMMON = {"title", "id", "name", "status", "description", "references", "author", "date", "tags",
          "falsepositives", "level"}
TAG = re.compile(r"^attack\.(t\d{4}(\.\d{3})?|[a-z]+(-[a-z]+)*)$")
WORD = re.compile(r"\s*(\(|\)|[A-Za-z0-9_*]+)")
SPAN = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Refused(Exception):
    pass


def require(condition, what):
    if not condition:
        raise Refused(what)


def text_of(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def wildcards(pattern):
    """Sigma's * and ? as a regular expression; a backslash takes their meaning away."""
    out, escaped = "", False
    for c in pattern:
        if escaped:
            out, escaped = out + re.escape(c if c in "*?\\" else "\\" + c), False
        elif c == "\\":
            escaped = True
        else:
            out += ".*" if c == "*" else "." if c == "?" else re.escape(c)
    return out + (re.escape("\\") if escaped else "")


def string_test(modifier, wanted):
    wanted = text_of(wanted)
    if modifier == "re":
        expression = re.compile(wanted)
        return lambda value: expression.search(text_of(value)) is not None
    around = {"": ("", ""), "contains": (".*", ".*"), "startswith": ("", ".*"), "endswith": (".*", "")}
    before, after = around[modifier]
    expression = re.compile(before + wildcards(wanted) + after, re.IGNORECASE | re.DOTALL)
    return lambda value: expression.fullmatch(text_of(value)) is not None


def number_test(modifier, wanted):
    require(isinstance(wanted, (int, float)) and not isinstance(wanted, bool), f"|{modifier} wants a number")
    compare = {"gte": lambda a: a >= wanted, "gt": lambda a: a > wanted,
               "lte": lambda a: a <= wanted, "lt": lambda a: a < wanted}[modifier]
    return lambda value: isinstance(value, (int, float)) and compare(value)


def field_test(key, wanted):
    field, *modifiers = key.split("|")
    require(field, f"a field without a name: {key!r}")
    every = "all" in modifiers
    modifiers = [m for m in modifiers if m != "all"]
    require(len(modifiers) <= 1, f"more modifiers than are known together: {key!r}")
    modifier = modifiers[0] if modifiers else ""
    if modifier == "exists":
        require(isinstance(wanted, bool) and not every, f"{key}: exists is true or false")
        return lambda event: (field in event) == wanted
    values = wanted if isinstance(wanted, list) else [wanted]
    require(values and all(isinstance(v, (str, int, float, bool)) for v in values),
            f"{key}: values must be texts or numbers")
    if modifier in ("gte", "gt", "lte", "lt"):
        tests = [number_test(modifier, v) for v in values]
    else:
        require(modifier in ("", "contains", "startswith", "endswith", "re"), f"unknown modifier: {key!r}")
        tests = [string_test(modifier, v) for v in values]

    def matches(event):
        if field not in event:
            return False
        found = event[field] if isinstance(event[field], list) else [event[field]]
        return (all if every else any)(any(test(value) for value in found) for test in tests)

    return matches


def selection_test(name, selection):
    if isinstance(selection, list):
        alternatives = [selection_test(name, one) for one in selection]
        return lambda event: any(one(event) for one in alternatives)
    require(isinstance(selection, dict) and selection, f"selection {name!r} must be a map of fields")
    tests = [field_test(key, wanted) for key, wanted in selection.items()]
    return lambda event: all(test(event) for test in tests)


class Condition:
    """or < and < not; `1 of x*`, `all of x*`, `1 of them`."""

    def __init__(self, text, selections):
        require(isinstance(text, str), "condition must be one text")
        self.words, at = [], 0
        while at < len(text):
            found = WORD.match(text, at)
            require(found, f"condition not understood: {text!r}")
            self.words.append(found.group(1))
            at = found.end()
        self.selections, self.used = selections, set()
        self.test = self.either()
        require(not self.words, f"condition goes on where it should end: {text!r}")
        require(self.used == set(selections), f"selections not in the condition: {set(selections) - self.used}")

    def next(self, word=None):
        if not self.words or (word is not None and self.words[0] != word):
            return None
        return self.words.pop(0)

    def either(self):
        parts = [self.both()]
        while self.next("or"):
            parts.append(self.both())
        return lambda event: any(part(event) for part in parts)

    def both(self):
        parts = [self.negated()]
        while self.next("and"):
            parts.append(self.negated())
        return lambda event: all(part(event) for part in parts)

    def negated(self):
        if self.next("not"):
            inner = self.negated()
            return lambda event: not inner(event)
        if self.next("("):
            inner = self.either()
            require(self.next(")"), "missing )")
            return inner
        word = self.next()
        if word in ("1", "all") and self.next("of"):
            pattern = self.next()
            require(pattern, "of what?")
            names = [n for n in self.selections
                     if pattern == "them" or re.fullmatch(pattern.replace("*", ".*"), n)]
            require(names, f"no selection is called {pattern!r}")
            self.used.update(names)
            tests = [self.selections[n] for n in names]
            quantity = any if word == "1" else all
            return lambda event: quantity(test(event) for test in tests)
        require(word in self.selections, f"unknown selection: {word!r}")
        self.used.add(word)
        return self.selections[word]


class Rule:
    def __init__(self, stem, document):
        self.stem, self.name, self.id = stem, document.get("name"), document["id"]
        detection = document["detection"]
        require(isinstance(detection, dict) and "condition" in detection, "detection needs a condition")
        selections = {n: selection_test(n, s) for n, s in detection.items() if n != "condition"}
        self.matches = Condition(detection["condition"], selections).test


class Correlation:
    def __init__(self, stem, document, by_name):
        self.stem, self.id = stem, document["id"]
        body = document["correlation"]
        kind = body.get("type")
        require(kind in ("event_count", "temporal_ordered"), f"unknown correlation: {kind!r}")
        known = {"type", "rules", "group-by", "timespan"} | ({"condition"} if kind == "event_count" else set())
        require(set(body) == known, f"correlation has {sorted(body)}, expected {sorted(known)}")
        span = re.fullmatch(r"(\d+)([smhd])", str(body["timespan"]))
        require(span, f"timespan not understood: {body['timespan']!r}")
        self.span = int(span.group(1)) * SPAN[span.group(2)]
        for name in body["rules"]:
            require(name in by_name, f"refers to no rule: {name!r}")
        self.rules = [by_name[name] for name in body["rules"]]
        self.group, self.ordered, self.least = body["group-by"], kind == "temporal_ordered", None
        if not self.ordered:
            require(set(body["condition"]) == {"gte"}, "an event_count needs gte")
            self.least = body["condition"]["gte"]
        self.seen = {}

    def completes(self, event):
        if any(field not in event for field in self.group):
            return False
        hits = [i for i, rule in enumerate(self.rules) if rule.matches(event)]
        if not hits:
            return False
        now = datetime.datetime.fromisoformat(event["@timestamp"].replace("Z", "+00:00")).timestamp()
        key = tuple(text_of(event[field]) for field in self.group)
        window = [(t, h) for t, h in self.seen.get(key, []) if now - t <= self.span] + [(now, hits)]
        self.seen[key] = window
        if not self.ordered:
            return len(window) >= self.least
        step = 0
        for _, found in window:
            if step < len(self.rules) and step in found:
                step += 1
        return step == len(self.rules) and len(self.rules) - 1 in hits


def check(document, stem):
    require(isinstance(document, dict), "a rule is a map")
    correlation = "correlation" in document
    known = COMMON | ({"correlation"} if correlation else {"logsource", "detection", "fields"})
    require(set(document) <= known, f"unknown keys: {sorted(set(document) - known)}")
    for key in COMMON - {"name"}:
        require(document.get(key), f"{key} is missing")
    require(str(uuid.UUID(document["id"])) == document["id"] and uuid.UUID(document["id"]).version == 4,
            f"not a random UUID: {document['id']}")
    require(document["level"] in LEVELS, f"unknown level: {document['level']}")
    require(document["status"] in STATUS, f"unknown status: {document['status']}")
    require(len(document["title"]) <= 100, "title is over 100 characters")
    require(isinstance(document["date"], datetime.date), "date must be YYYY-MM-DD")
    require(all(TAG.match(tag) for tag in document["tags"]), f"unknown tags: {document['tags']}")
    require(len(set(document["tags"])) == len(document["tags"]), "a tag stands twice")
    require(any(tag.startswith("attack.t") for tag in document["tags"]), "no technique in the tags")
    require(re.fullmatch(r"[a-z0-9_]{10,70}", stem), f"file name not as Sigma wants it: {stem}")
    if not correlation:
        require(document.get("logsource") == {"product": "portcullis", "service": "events"},
                f"logsource: {document.get('logsource')}")


def load(directory):
    documents = {}
    for path in sorted(pathlib.Path(directory).glob("*.yml")):
        try:
            documents[path.stem] = yaml.safe_load(path.read_text(encoding="ascii"))
            check(documents[path.stem], path.stem)
        except (Refused, ValueError, yaml.YAMLError, KeyError, TypeError) as error:
            raise Refused(f"{path.name}: {error}") from error
    require(documents, f"no rules in {directory}")
    ids = [document["id"] for document in documents.values()]
    require(len(set(ids)) == len(ids), "an id stands twice")
    titles = [document["title"] for document in documents.values()]
    require(len(set(titles)) == len(titles), "a title stands twice")
    rules, by_name, correlations = [], {}, []
    for stem, document in documents.items():
        try:
            if "detection" in document:
                rule = Rule(stem, document)
                rules.append(rule)
                by_name[rule.id] = rule
                if rule.name:
                    by_name[rule.name] = rule
        except Refused as error:
            raise Refused(f"{stem}.yml: {error}") from error
    for stem, document in documents.items():
        try:
            if "correlation" in document:
                correlations.append(Correlation(stem, document, by_name))
        except Refused as error:
            raise Refused(f"{stem}.yml: {error}") from error
    return rules, correlations


def main():
    try:
        rules, correlations = load(sys.argv[1])
    except Refused as error:
        print(error, file=sys.stderr)
        return 2
    for line in sys.stdin:
        event = json.loads(line)
        found = [rule.stem for rule in rules if rule.matches(event)]
        found += [c.stem for c in correlations if c.completes(event)]
        print(" ".join(sorted(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
