"""Holds what was said in Graph against Microsoft's metadata (CSDL). python3 check.py METADATA.xml SAID.json

SAID.json is a list of {"asked": "GET me/messages", "body": text, "status": 200, "answer": text}; prints what is wrong.
"""

import json
import re
import sys
import xml.etree.ElementTree as tree

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
MOMENT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$")
SIMPLE = {
    "Edm.String": lambda value: isinstance(value, str),
    "Edm.Boolean": lambda value: isinstance(value, bool),
    "Edm.Int32": lambda value: isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31,
    "Edm.Int64": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "Edm.DateTimeOffset": lambda value: isinstance(value, str) and bool(MOMENT.match(value)),
}


def bare(name):
    return re.sub(r"^(#?microsoft\.graph|graph|self)\.", "", name)


class Metadata:
    def __init__(self, path):
        self.types, self.enums, self.actions, self.sets = {}, {}, [], {}
        for schema in tree.parse(path).iter(EDM + "Schema"):
            if schema.get("Namespace") == "microsoft.graph":
                self.read(schema)

    def read(self, schema):
        for kind in (*schema.iter(EDM + "EntityType"), *schema.iter(EDM + "ComplexType")):
            own = {p.get("Name"): bare_type(p.get("Type")) for p in kind if p.tag in (EDM + "Property", EDM + "NavigationProperty")}
            self.types[kind.get("Name")] = (own, bare(kind.get("BaseType") or ""), kind.get("OpenType") == "true")
        for kind in schema.iter(EDM + "EnumType"):
            self.enums[kind.get("Name")] = {member.get("Name") for member in kind.iter(EDM + "Member")}
        for kind in (*schema.iter(EDM + "Action"), *schema.iter(EDM + "Function")):
            fields = [(p.get("Name"), bare_type(p.get("Type"))) for p in kind.iter(EDM + "Parameter")]
            gives = kind.find(EDM + "ReturnType")
            gives = bare_type(gives.get("Type")) if gives is not None else None
            if fields:
                self.actions.append((kind.get("Name"), fields[0][1], dict(fields[1:]), gives))
        for one in schema.iter(EDM + "EntitySet"):
            self.sets[one.get("Name")] = f"Collection({bare(one.get('EntityType'))})"

    def properties(self, name):
        found, is_open = {}, False
        while name in self.types:
            own, base, opened = self.types[name]
            found, is_open, name = {**own, **found}, is_open or opened, base
        return found, is_open

    def is_a(self, name, wanted):
        while name in self.types and name != wanted:
            name = self.types[name][1]
        return name == wanted

    def reached(self, path):
        """The type at a path, and the fields of the action that it ends with."""
        if path[0] == "me":
            at, rest = "user", path[1:]
        elif path[0] in self.sets:
            at, rest = self.sets[path[0]], path[1:]
        else:
            return None, None
        for n, piece in enumerate(rest):
            if piece.startswith("$"):
                return None, None
            inside = re.fullmatch(r"Collection\((.*)\)", at)
            name = bare(piece)
            action = [a for a in self.actions if a[0] == name and self.binds(a[1], at)]
            if action and n == len(rest) - 1:
                return action[0][3], action[0][2]
            if inside:
                at = inside[1]
            elif name in self.properties(at)[0]:
                at = self.properties(at)[0][name]
            else:
                raise ValueError(f"there is no {name} of a {at}")
        return at, None

    def binds(self, wanted, at):
        inner = [re.fullmatch(r"Collection\((.*)\)", one) for one in (wanted, at)]
        if bool(inner[0]) != bool(inner[1]):
            return False
        return self.is_a(inner[1][1], inner[0][1]) if inner[0] else self.is_a(at, wanted)

    def wrong(self, value, kind, where):
        if value is None:
            return
        inside = re.fullmatch(r"Collection\((.*)\)", kind)
        if inside:
            if not isinstance(value, list):
                yield f"{where}: no list"
                return
            for n, one in enumerate(value):
                yield from self.wrong(one, inside[1], f"{where}[{n}]")
        elif kind in SIMPLE:
            if not SIMPLE[kind](value):
                yield f"{where}: {value!r} is no {kind}"
        elif kind in self.enums:
            if not isinstance(value, str) or not set(value.split(",")) <= self.enums[kind]:
                yield f"{where}: {value!r} is no {kind}"
        elif kind in self.types:
            yield from self.wrong_object(value, kind, where)

    def wrong_object(self, value, kind, where):
        if not isinstance(value, dict):
            yield f"{where}: no {kind}"
            return
        said = bare(value.get("@odata.type", kind))
        if not self.is_a(said, kind):
            yield f"{where}: a {said} is no {kind}"
        known, is_open = self.properties(said)
        for name, one in value.items():
            if "@" in name:
                continue
            if name in known:
                yield from self.wrong(one, known[name], f"{where}.{name}")
            elif not is_open:
                yield f"{where}: a {said} has no {name}"


def bare_type(name):
    inside = re.fullmatch(r"Collection\((.*)\)", name)
    return f"Collection({bare(inside[1])})" if inside else bare(name)


def read(text):
    return json.loads(text) if text.lstrip()[:1] == "{" else None


def held(metadata, asked, body, status, answer):
    """What is wrong with a question and its answer."""
    method, _, address = asked.partition(" ")
    path = [piece for piece in address.partition("?")[0].split("/") if piece]
    if path == ["$batch"]:
        answers = {one["id"]: one for one in (answer or {}).get("responses", [])}
        for one in body["requests"]:
            given = answers.get(one["id"], {"status": 404})
            inner = f"{one['method']} {one['url'].lstrip('/')}"
            told = given.get("body")
            told = told if isinstance(told, dict) else None
            yield from held(metadata, inner, one.get("body"), given["status"], told)
        return
    if status >= 400:
        error = (answer or {}).get("error", {})
        if not isinstance(error.get("code"), str) or not isinstance(error.get("message"), str):
            yield "an error without a code or words"
        return
    at, fields = metadata.reached(path)
    if isinstance(body, dict) and fields is not None:
        # Names of parameters are written small or large.
        known = {name.lower(): kind for name, kind in fields.items()}
        for name, value in body.items():
            if name.lower() not in known:
                yield f"the question: there is no {name}"
            else:
                yield from metadata.wrong(value, known[name.lower()], f"the question.{name}")
    elif isinstance(body, dict) and at:
        inside = re.fullmatch(r"Collection\((.*)\)", at)
        yield from metadata.wrong(body, inside[1] if inside and method == "POST" else at, "the question")
    if isinstance(answer, dict) and at:
        inside = re.fullmatch(r"Collection\((.*)\)", at)
        if inside and "value" in answer:
            yield from metadata.wrong(answer["value"], at, "the answer")
        else:
            yield from metadata.wrong(answer, inside[1] if inside else at, "the answer")


metadata = Metadata(sys.argv[1])
found = []
for one in json.load(open(sys.argv[2])):
    try:
        body, answer = read(one["body"]), read(one["answer"])
        for words in held(metadata, one["asked"], body, one["status"], answer):
            found.append(f"{one['asked']}: {words}")
    except ValueError as error:
        found.append(f"{one['asked']}: {error}")
print(json.dumps(found))
