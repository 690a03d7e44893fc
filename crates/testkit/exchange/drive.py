"""Lets exchangelib, which we did not write, work on a mailbox, and says as JSON what it found.
python drive.py URL USER PASSWORD basic|ntlm|oauth; with oauth the password is a token"""
import json
import os
import sys

from exchangelib import BASIC, DELEGATE, NTLM, OAUTH2, Account, Configuration, Credentials, FaultTolerance, Message
from exchangelib import OAuth2AuthorizationCodeCredentials
from exchangelib.errors import ErrorInvalidSyncStateData
from exchangelib.folders import Folder
from exchangelib.items import SAVE_ONLY
from exchangelib.protocol import BaseProtocol
from exchangelib.version import EXCHANGE_2016, Version

url, user, password, kind = sys.argv[1:]
BaseProtocol.SESSION_POOLSIZE = 1
credentials = Credentials(user, password)
if kind == "oauth":
    # The simulator has no TLS; the library would not go there with a token.
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    credentials = OAuth2AuthorizationCodeCredentials(access_token={"access_token": password, "token_type": "Bearer"})
config = Configuration(
    service_endpoint=url,
    credentials=credentials,
    auth_type={"basic": BASIC, "ntlm": NTLM, "oauth": OAUTH2}[kind],
    version=Version(build=EXCHANGE_2016),
    # A token that is refused stays refused.
    retry_policy=FaultTolerance(max_wait=2 if kind == "oauth" else 30),
)
account = Account("info@voorbeeld.test", config=config, autodiscover=False, access_type=DELEGATE)
found = {"folders": sorted(folder.name for folder in account.msg_folder_root.walk()), "inbox": account.inbox.total_count}

items = list(account.inbox.all().only("subject", "mime_content", "is_read"))
found["subjects"] = [item.subject for item in items]
found["bytes"] = [len(item.mime_content) for item in items]

def synced():
    return sorted((kind, change if isinstance(change, tuple) else change.id) for kind, change in account.inbox.sync_items())

found["first"] = len(synced())
found["nothing"] = synced()
one, two, three = items[:3]
one.is_read = not one.is_read
one.save(update_fields=["is_read"])
moved_from = two.id
two.move(account.trash)
three.delete()
changes = synced()
found["changes"] = sorted(kind for kind, _ in changes)
found["moved"] = two.id != moved_from
results = list(account.fetch([(moved_from, None)], only_fields=["subject"]))
found["old_id"] = type(results[0]).__name__

folder = Folder(parent=account.inbox, name="Klanten & co")
folder.save()
found["folder"] = folder.name in [child.name for child in account.inbox.children]

with account.inbox.streaming_subscription(event_types=["NewMailEvent", "CreatedEvent"]) as subscription:
    note = Message(account=account, folder=account.inbox, subject="nieuw", body="x", to_recipients=["anna@voorbeeld.test"])
    account.bulk_create(account.inbox, [note], message_disposition=SAVE_ONLY)
    for notification in account.inbox.get_streaming_events(subscription, connection_timeout=1, max_notifications_returned=1):
        found["events"] = [type(event).__name__ for event in notification.events]

draft = Message(account=account, folder=account.drafts, subject="concept", body="Dag", to_recipients=["anna@voorbeeld.test"])
draft.save()
draft.send(save_copy=True, copy_to_folder=account.sent)
found["sent"] = [item.subject for item in account.sent.all().only("subject")]
found["by_subject"] = account.sent.filter(subject="concept").count()
found["names"] = [mailbox.email_address for mailbox in account.protocol.resolve_names(["anna"])]
account.inbox.item_sync_state = "bm9uc2Vucw=="
try:
    synced()
    found["bad_state"] = "taken"
except ErrorInvalidSyncStateData:
    found["bad_state"] = "ErrorInvalidSyncStateData"
print(json.dumps(found))
