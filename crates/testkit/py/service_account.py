"""Google's own client library proves with a service account's key file that it may act for somebody, and gives the token."""

import json
import sys

from google.auth.exceptions import RefreshError
from google.oauth2 import service_account
from google_auth_httplib2 import Request
from httplib2 import Http

file, person, scope = sys.argv[1:4]
credentials = service_account.Credentials.from_service_account_info(json.loads(file), scopes=[scope], subject=person)
try:
    credentials.refresh(Request(Http()))
    print(json.dumps({"token": credentials.token}))
except RefreshError as error:
    print(json.dumps({"refused": error.args[1]}))
