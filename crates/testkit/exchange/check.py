"""Holds what was said against Microsoft's schema. python check.py SCHEMAS SAID.json, a list of documents; prints what is wrong."""
import json
import pathlib
import sys
import tempfile

import xmlschema

WRAPPER = """<?xml version="1.0"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://schemas.xmlsoap.org/soap/envelope/"
 elementFormDefault="qualified">
 <xs:import namespace="http://schemas.microsoft.com/exchange/services/2006/messages" schemaLocation="{folder}/messages.xsd"/>
 <xs:import namespace="http://schemas.microsoft.com/exchange/services/2006/types" schemaLocation="{folder}/types.xsd"/>
 <xs:element name="Envelope"><xs:complexType><xs:sequence>
  <xs:element name="Header" minOccurs="0"><xs:complexType><xs:sequence>
   <xs:any minOccurs="0" maxOccurs="unbounded" processContents="strict" namespace="##other"/>
  </xs:sequence></xs:complexType></xs:element>
  <xs:element name="Body"><xs:complexType><xs:sequence>
   <xs:any processContents="strict" namespace="##other"/>
  </xs:sequence></xs:complexType></xs:element>
 </xs:sequence></xs:complexType></xs:element>
</xs:schema>"""

folder = pathlib.Path(sys.argv[1]).resolve()
with tempfile.TemporaryDirectory() as home:
    path = pathlib.Path(home) / "envelope.xsd"
    path.write_text(WRAPPER.format(folder=folder.as_uri()))
    schema = xmlschema.XMLSchema(str(path), validation="lax")
wrong = []
for text in json.load(open(sys.argv[2])):
    for error in schema.iter_errors(text):
        wrong.append({"reason": str(error.reason)[:300], "path": error.path, "text": text[:3000]})
        break
print(json.dumps(wrong))
