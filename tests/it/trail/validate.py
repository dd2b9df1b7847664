"""What pyHanko and pikepdf say of files: a line of JSON for each.

    validate.py SECONDS CERTIFICATES FILE...

Signatures are judged at the moment, with these certificates as the only ones that are trusted.
"""

import datetime
import hashlib
import json
import sys

import pikepdf
from pyhanko.keys import load_certs_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext


def signature(embedded, roots, moment):
    context = ValidationContext(trust_roots=roots, allow_fetching=False, moment=moment)
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


def structure(pdf):
    """Whether the file says that it is tagged, the types of the elements below the root and of the last in the last of them,
    and of how many marks on each page the tree of parents knows the element."""
    root = pdf.Root.get("/StructTreeRoot")
    if root is None:
        return None
    children = root.K if isinstance(root.K, pikepdf.Array) else [root.K]
    assert all(child.P.objgen == root.objgen for child in children)
    parents = pikepdf.NumberTree(root.ParentTree)
    known = []
    for page in pdf.pages:
        key = page.obj.get("/StructParents")
        elements = [] if key is None else parents[int(key)]
        assert all(element.Type == "/StructElem" and "/S" in element for element in elements if element is not None)
        known.append(len(elements))
    return {
        "marked": bool(pdf.Root.get("/MarkInfo", {}).get("/Marked", False)),
        "children": [str(child.S) for child in children],
        "last": str(children[-1].K[-1].S),
        "known": known,
        "is_next_free": all(key < root.ParentTreeNextKey for key in parents.keys()),
    }


def describe(path, roots, moment):
    with open(path, "rb") as file:
        try:
            reader = PdfFileReader(file, strict=True)
            signatures = [signature(it, roots, moment) for it in reader.embedded_signatures]
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
            "level": described.get("pdfaid:conformance"),
            "accessible": described.get("pdfuaid:part"),
            "structure": structure(pdf),
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
    seconds, certificates, *paths = sys.argv[1:]
    roots = list(load_certs_from_pemder([certificates]))
    moment = datetime.datetime.fromtimestamp(int(seconds), tz=datetime.timezone.utc)
    for path in paths:
        print(json.dumps(describe(path, roots, moment)))


main()
