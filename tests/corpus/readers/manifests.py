# SPDX-License-Identifier: Apache-2.0
"""The oracle for manifests: reads JSON as Go's encoding/json fills a struct, case folded, last key wins.

stdin: documents, each with its length in front (4 bytes, little endian).
stdout: for each a line: `refused`, or `config=D layers=D,D manifests=D,D` with the digests.
`configs` as argument: for image configs, `diff_ids=D,D`.
"""

import json
import sys


def fold(key):
    return key.lower().replace("\u017f", "s").replace("\u212a", "k").lower()


class Struct(dict):
    """A JSON object whose fields are found as Go finds them. Two values of one field are merged, as Go
    decodes the second into what the first has left there."""

    def __init__(self, pairs):
        super().__init__()
        self.pairs = pairs

    def field(self, name):
        """All values given for the field, in order."""
        return [value for key, value in self.pairs if fold(key) == fold(name)]


def load(document):
    return json.loads(document.decode("utf-8", "replace"), object_pairs_hook=Struct)


def fields(owners, name):
    return [value for owner in owners if isinstance(owner, Struct) for value in owner.field(name)]


def last_text(owners, name):
    """Null leaves a field as it is; anything that is not text makes Go refuse the document."""
    text = ""
    for value in fields(owners, name):
        if value is None:
            continue
        if not isinstance(value, str):
            raise ValueError(name)
        text = value
    return text


def digests(root, name):
    """A later list replaces an earlier one, but its elements are decoded over the old ones."""
    elements = []
    for value in fields([root], name):
        if value is None:
            elements = []
            continue
        if not isinstance(value, list):
            raise ValueError(name)
        elements = [(elements[i] if i < len(elements) else []) + [item] for i, item in enumerate(value)]
    return ",".join(last_text(element, "digest") for element in elements)


def describe(root):
    return (f"config={last_text(fields([root], 'config'), 'digest')} layers={digests(root, 'layers')} "
            f"manifests={digests(root, 'manifests')}")


def describe_config(root):
    ids = []
    for value in fields(fields([root], "rootfs"), "diff_ids"):
        if value is not None and not isinstance(value, list):
            raise ValueError("diff_ids")
        # A null element leaves what an earlier list had put there.
        ids = [item if item is not None else (ids[i:] or [""])[0] for i, item in enumerate(value or [])]
    return "diff_ids=" + ",".join(str(item) for item in ids)


def main():
    answer = describe_config if sys.argv[1:] == ["configs"] else describe
    source = sys.stdin.buffer
    while prefix := source.read(4):
        document = source.read(int.from_bytes(prefix, "little"))
        try:
            root = load(document)
            if not isinstance(root, Struct):
                raise ValueError("not an object")
            print(answer(root))
        except (ValueError, RecursionError):
            print("refused")


if __name__ == "__main__":
    main()
