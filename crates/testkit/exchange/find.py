"""Lets exchangelib, which we did not write, ask autodiscover where a mailbox is, and says as JSON what it was told.
python find.py URL ADDRESS USER PASSWORD basic|ntlm"""
import json
import sys

from exchangelib import BASIC, NTLM, Configuration, Credentials, FailFast
from exchangelib.autodiscover.protocol import AutodiscoverProtocol
from exchangelib.errors import EWSError
from exchangelib.version import EXCHANGE_2016, Version

url, address, user, password, kind = sys.argv[1:]
config = Configuration(
    service_endpoint=url,
    credentials=Credentials(user, password),
    auth_type={"basic": BASIC, "ntlm": NTLM}[kind],
    version=Version(build=EXCHANGE_2016),
    retry_policy=FailFast(),
)
protocol = AutodiscoverProtocol(config=config)
try:
    answer = protocol.get_user_settings(user=address, settings=["external_ews_url", "auto_discover_smtp_address"])
except EWSError as error:
    json.dump({"refused": type(error).__name__}, sys.stdout)
    sys.exit()
settings = answer.user_settings or {}
json.dump(
    {
        "code": answer.error_code,
        "url": settings.get("external_ews_url"),
        "address": settings.get("auto_discover_smtp_address"),
        "leads_to": answer.redirect_url or answer.redirect_address,
    },
    sys.stdout,
)
