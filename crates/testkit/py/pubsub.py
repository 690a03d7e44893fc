"""Google's own client library fetches news from a subscription of Pub/Sub, as a service account with its key file.

It takes the description of the interface that comes with the library, and holds each answer against it: nothing may stand in
it that the description does not have. It writes down what it found as JSON.
"""

import json
import os
import sys

import googleapiclient
from google.oauth2 import service_account
from googleapiclient.discovery import build_from_document
from googleapiclient.errors import HttpError

base, file, subscription = sys.argv[1:4]
folder = os.path.dirname(googleapiclient.__file__)
with open(os.path.join(folder, "discovery_cache/documents/pubsub.v1.json"), encoding="utf-8") as described:
    document = json.load(described)
document["rootUrl"] = document["baseUrl"] = base + "/"
document.pop("mtlsRootUrl", None)
scopes = ["https://www.googleapis.com/auth/pubsub"]
credentials = service_account.Credentials.from_service_account_info(json.loads(file), scopes=scopes)
subscriptions = build_from_document(document, credentials=credentials).projects().subscriptions()


def held(name, answer):
    """The answer, when the description knows all that stands in it."""
    for field, value in answer.items():
        known = document["schemas"][name]["properties"][field]
        inner = known.get("items", known).get("$ref")
        for one in value if isinstance(value, list) else [value]:
            if inner:
                held(inner, one)
    return answer


def pull(name):
    asked = subscriptions.pull(subscription=name, body={"maxMessages": 10, "returnImmediately": True})
    return held("PullResponse", asked.execute()).get("receivedMessages", [])


found = {}
taken = pull(subscription)
found["data"] = [one["message"]["data"] for one in taken]
found["again"] = len(pull(subscription))
tickets = {"ackIds": [one["ackId"] for one in taken]}
found["acknowledged"] = held("Empty", subscriptions.acknowledge(subscription=subscription, body=tickets).execute())
try:
    pull(subscription + "-anders")
except HttpError as error:
    found["unknown"] = error.status_code
print(json.dumps(found))
