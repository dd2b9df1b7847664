"""What pyHanko and pikepdf say of files: a line of JSON for each.

    validate.py SECONDS CERTIFICATE FILE...

Signatures are judged at the moment, with the certificate as the only one that is trusted.
"""

import datetime
import hashlib
import json
import sys

import pikepdf
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext


def signature(embedded, root, moment):
    context = ValidationContext(trust_roots=[root], allow_fetching=False, moment=moment)
    try:
        status = validate_pdf_signature(embedded, context)
    except Exception as why:
        return {"field": embedded.field_name, "bottom_line": False, "why": repr(why)}
    stamp = status.timestamp_validity
    return {
        "field": embedded.field_name,
        "bottom_line": status.bottom_line,
        "coverage": status.coverage.name,
        "filter": embedded.sig_object["/SubFilter"],
        "is_stamped": stamp is not None and stamp.valid and stamp.intact,
    }


def describe(path, root, moment):
    with open(path, "rb") as file:
        try:
            reader = PdfFileReader(file, strict=True)
            signatures = [signature(it, root, moment) for it in reader.embedded_signatures]
        except Exception as why:
            return {"unreadable": repr(why)}
    with pikepdf.open(path) as pdf:
        described = pdf.open_metadata()
        return {
            "signatures": signatures,
            "pages": len(pdf.pages),
            "sizes": [[float(it) for it in page.mediabox] for page in pdf.pages],
            "turned": [int(page.obj.get("/Rotate", 0)) for page in pdf.pages],
            "claims": described.get("pdfaid:part"),
            "title": described.get("dc:title"),
            "fields": len(pdf.Root.AcroForm.Fields) if "/AcroForm" in pdf.Root else 0,
            "sources": [
                name for name, file in pdf.attachments.items() if file.relationship == pikepdf.Name.Source
            ],
            "files": {
                name: hashlib.sha256(file.get_file().read_bytes()).hexdigest()
                for name, file in pdf.attachments.items()
            },
        }


def main():
    seconds, certificate, *paths = sys.argv[1:]
    root = load_cert_from_pemder(certificate)
    moment = datetime.datetime.fromtimestamp(int(seconds), tz=datetime.timezone.utc)
    for path in paths:
        print(json.dumps(describe(path, root, moment)))


main()
