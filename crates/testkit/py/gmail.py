"""Google's own client library works on the simulator: what it can't read, or what its description does not have, is not Gmail.

It takes the description of the interface that comes with the library, so that it needs no network, and holds every answer
against the schema that the description gives for it. It writes down what it found as JSON, for a test to judge.
"""

import base64
import json
import os
import sys

import googleapiclient
import jsonschema
from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build_from_document
from googleapiclient.errors import HttpError
from googleapiclient.http import BatchHttpRequest, HttpRequest, MediaInMemoryUpload
from httplib2 import Http

base, token = sys.argv[1:3]
folder = os.path.dirname(googleapiclient.__file__)
with open(os.path.join(folder, "discovery_cache/documents/gmail.v1.json"), encoding="utf-8") as file:
    document = json.load(file)
document["rootUrl"] = document["baseUrl"] = base + "/"
document.pop("mtlsRootUrl", None)


def strict(schema):
    """A schema of the description as JSON Schema has it, in which nothing else may stand."""
    if "$ref" in schema:
        return {"$ref": "#/definitions/" + schema["$ref"]}
    made = {name: schema[name] for name in ("type", "enum") if name in schema}
    if "items" in schema:
        made["items"] = strict(schema["items"])
    if "properties" in schema:
        made["properties"] = {name: strict(one) for name, one in schema["properties"].items()}
        made["additionalProperties"] = False
    return made


definitions = {name: strict(schema) for name, schema in document["schemas"].items()}
answers = {}


def learn(resource):
    for method in resource.get("methods", {}).values():
        answers[method["id"]] = method.get("response", {}).get("$ref")
    for inner in resource.get("resources", {}).values():
        learn(inner)


learn(document)
judged = 0


def judge(method, answer):
    global judged
    name = answers[method]
    if name:
        jsonschema.validate(answer, {"$ref": "#/definitions/" + name, "definitions": definitions})
        judged += 1


class Judged(HttpRequest):
    def execute(self, http=None, num_retries=0):
        answer = super().execute(http=http, num_retries=num_retries)
        judge(self.methodId, answer)
        return answer


credentials = Credentials(token)
service = build_from_document(document, credentials=credentials, requestBuilder=Judged)
users = service.users()
found = {"profile": users.getProfile(userId="me").execute()}
start = found["profile"]["historyId"]
found["labels"] = users.labels().list(userId="me").execute()["labels"]
made = users.labels().create(userId="me", body={"name": "Klanten/Jansen"}).execute()
found["label"] = users.labels().get(userId="me", id=made["id"]).execute()

# Page by page, until there is no other.
ids, request = [], users.messages().list(userId="me", labelIds=["INBOX"], maxResults=7)
while request is not None:
    answer = request.execute(num_retries=2)
    ids += [message["id"] for message in answer.get("messages", [])]
    request = users.messages().list_next(request, answer)
found["inbox"] = ids


def get(id, form):
    return users.messages().get(userId="me", id=id, format=form).execute()


found["raw"] = get(ids[0], "raw")["raw"]
found["full"] = [header["name"] for header in get(ids[0], "full")["payload"]["headers"]]

batch = BatchHttpRequest(batch_uri=base + "/batch/gmail/v1")
several = {}


def had(id, answer, error):
    several[id] = answer["id"] if error is None else error.status_code
    if error is None:
        judge("gmail.users.messages.get", answer)


for number, id in enumerate(ids[:3] + ["00000000000000ff"]):
    batch.add(users.messages().get(userId="me", id=id, format="raw"), callback=had, request_id=str(number))
batch.execute(http=AuthorizedHttp(credentials, http=Http()))
found["several"] = [several[str(number)] for number in range(4)]

users.messages().modify(userId="me", id=ids[0], body={"addLabelIds": ["STARRED", made["id"]], "removeLabelIds": ["INBOX"]}).execute()
users.messages().batchModify(userId="me", body={"ids": ids[1:3], "removeLabelIds": ["UNREAD"]}).execute()
found["binned"] = users.messages().trash(userId="me", id=ids[3]).execute()["labelIds"]
users.messages().delete(userId="me", id=ids[4]).execute()
letter = b"From: info@werkplaats.test\r\nTo: bram@werkplaats.test\r\nMessage-ID: <een@werkplaats.test>\r\nSubject: Offerte\r\n\r\nDag!\r\n"
put = users.messages().insert(
    userId="me",
    internalDateSource="dateHeader",
    body={"labelIds": [made["id"]]},
    media_body=MediaInMemoryUpload(b"Date: Sun, 01 Nov 2026 10:00:00 +0100\r\n" + letter, "message/rfc822"),
).execute()
found["put"] = get(put["id"], "raw")
draft = users.drafts().create(userId="me", media_body=MediaInMemoryUpload(letter, "message/rfc822")).execute()
found["drafts"] = users.drafts().list(userId="me", q="rfc822msgid:een@werkplaats.test").execute()["drafts"][0]["id"] == draft["id"]
users.drafts().get(userId="me", id=draft["id"], format="minimal").execute()
found["sent"] = users.drafts().send(userId="me", body={"id": draft["id"]}).execute()["labelIds"]
direct = {"raw": base64.urlsafe_b64encode(letter).decode()}
users.messages().send(userId="me", body=direct).execute()
other = users.drafts().create(userId="me", body={"message": direct}).execute()
users.drafts().delete(userId="me", id=other["id"]).execute()
found["watch"] = int(users.watch(userId="me", body={"topicName": "projects/p/topics/t"}).execute()["expiration"]) > 0
users.stop(userId="me").execute()

happened, request = [], users.history().list(userId="me", startHistoryId=start, maxResults=5)
while request is not None:
    answer = request.execute()
    happened += [sorted(set(record) - {"id", "messages"})[0] for record in answer.get("history", [])]
    request = users.history().list_next(request, answer)
found["happened"] = happened


def refused(request):
    try:
        request.execute()
    except HttpError as error:
        return [error.status_code, error.error_details[0]["reason"]]
    return None


found["gone"] = refused(users.drafts().get(userId="me", id=draft["id"]))
found["old"] = refused(users.history().list(userId="me", startHistoryId="1"))
found["no_label"] = refused(users.messages().list(userId="me", labelIds=["Label_99"]))
found["judged"] = judged
json.dump(found, sys.stdout)
